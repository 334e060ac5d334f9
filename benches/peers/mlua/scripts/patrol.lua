-- Positions are three numbers.
local REACH = 1
local SPEED = 5
local route = { { 0, 0, 0 }, { 10, 0, 0 }, { 10, 0, 10 }, { 0, 0, 10 } }
local sqrt = math.sqrt
local get_position, move_towards = get_position, move_towards

local function on_update(self, entity, dt)
    local target = route[self.waypoint]
    local x, y, z = get_position(entity)
    local dx, dy, dz = target[1] - x, target[2] - y, target[3] - z
    if sqrt(dx * dx + dy * dy + dz * dz) < REACH then
        self.waypoint = self.waypoint % #route + 1
    else
        move_towards(entity, target[1], target[2], target[3], dt * SPEED)
    end
end

return on_update, function() return { waypoint = 1 } end, function(self) return self.waypoint - 1 end

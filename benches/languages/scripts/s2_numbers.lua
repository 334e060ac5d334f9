local entity_id, delta_time = ...
local REACH = 1
local waypoint = 1
local route = { { 0, 0, 0 }, { 10, 0, 0 }, { 10, 0, 10 }, { 0, 0, 10 } }
local sqrt = math.sqrt

local function distance(x, y, z, to)
    local dx, dy, dz = x - to[1], y - to[2], z - to[3]
    return sqrt(dx * dx + dy * dy + dz * dz)
end

local function on_update()
    local x, y, z = get_position(entity_id)
    if distance(x, y, z, route[waypoint]) < REACH then
        waypoint = waypoint % #route + 1
    else
        local to = route[waypoint]
        move_towards(entity_id, to[1], to[2], to[3], delta_time * 5)
    end
end

return on_update, function() return waypoint - 1 end

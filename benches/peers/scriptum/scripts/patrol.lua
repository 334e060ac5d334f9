states = states or {}
local REACH, STEP = 1, 5 / 64
local route = { { 0, 0, 0 }, { 10, 0, 0 }, { 10, 0, 10 }, { 0, 0, 10 } }
local sqrt = math.sqrt

function on_update(id, x, y, z)
    local waypoint = states[id] or 1
    local target = route[waypoint]
    local dx, dy, dz = target[1] - x, target[2] - y, target[3] - z
    if sqrt(dx * dx + dy * dy + dz * dz) < REACH then
        states[id] = waypoint % #route + 1
    else
        move_towards(id, target[1], target[2], target[3], STEP)
    end
end

function value_of(id) return (states[id] or 1) - 1 end

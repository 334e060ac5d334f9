states = states or {}
local REACH, STEP = 1, 5 / 64
local route = { { 0, 0, 0 }, { 10, 0, 0 }, { 10, 0, 10 }, { 0, 0, 10 } }
local me, distance_to, move_towards = me, distance_to, move_towards

function on_update()
    local id = me()
    local waypoint = states[id] or 1
    local target = route[waypoint]
    if distance_to(id, target[1], target[2], target[3]) < REACH then
        states[id] = waypoint % #route + 1
    else
        move_towards(id, target[1], target[2], target[3], STEP)
    end
end

function value_of(id) return (states[id] or 1) - 1 end

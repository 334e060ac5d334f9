local entity_id, delta_time = ...
local REACH = 1
local waypoint = 1
local route = { vec3(0, 0, 0), vec3(10, 0, 0), vec3(10, 0, 10), vec3(0, 0, 10) }

local function on_update()
    if distance(get_position(entity_id), route[waypoint]) < REACH then
        waypoint = waypoint % #route + 1
    else
        move_towards(entity_id, route[waypoint], delta_time * 5)
    end
end

return on_update, function() return waypoint - 1 end

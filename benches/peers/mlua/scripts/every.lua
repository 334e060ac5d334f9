-- Calls all of them from within Lua, so that the border is crossed once in a tick.
local on_update, states = ...
return function(dt)
    for entity = 1, #states do
        on_update(states[entity], entity, dt)
    end
end

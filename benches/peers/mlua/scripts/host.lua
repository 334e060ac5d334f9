-- The states of all entities, and how they are called: one for each entity, all, and what one came to.
local on_update, new, value, count = ...
local states = {}
for entity = 1, count do states[entity] = new() end

local function each(entity, dt)
    on_update(states[entity], entity, dt)
end

local function all(dt)
    for entity = 1, #states do
        on_update(states[entity], entity, dt)
    end
end

return each, all, function(entity) return value(states[entity]) end

-- The text is run again for each entity that shares the context.
states = states or {}

function on_update()
    local id = me()
    states[id] = (states[id] or 0) + 1
end

function value_of(id) return states[id] end

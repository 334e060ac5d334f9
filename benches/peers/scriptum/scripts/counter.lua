-- The text is run again for each entity; there is one set of globals for all.
states = states or {}

function on_update(id)
    states[id] = (states[id] or 0) + 1
end

function value_of(id) return states[id] end

states = states or {}

function on_update(id)
    local x = states[id] or 12345
    for _ = 1, 1000 do
        x = (x * 1664525 + 1013904223) % 4294967296
    end
    states[id] = x
end

function value_of(id) return states[id] end

local seed = 12345

local function on_update()
    local x = seed
    for _ = 1, 1000 do
        x = (x * 1664525 + 1013904223) % 4294967296
    end
    seed = x
end

return on_update, function() return seed end

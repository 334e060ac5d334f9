local total = 0

local function add(a, b)
    return a + b
end

local function on_update()
    local sum = total
    for i = 0, 99 do
        sum = add(sum, i)
    end
    total = sum
end

return on_update, function() return total end

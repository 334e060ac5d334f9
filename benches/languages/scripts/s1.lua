local counter = 0

local function on_update()
    counter = counter + 1
end

return on_update, function() return counter end

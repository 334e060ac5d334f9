local function on_update(self, entity, dt)
    local x = self.seed
    for _ = 1, 1000 do
        x = (x * 1664525 + 1013904223) % 4294967296
    end
    self.seed = x
end

return on_update, function() return { seed = 12345 } end, function(self) return self.seed end

local function on_update(self, entity, dt)
    self.n = self.n + 1
end

return on_update, function() return { n = 0 } end, function(self) return self.n end

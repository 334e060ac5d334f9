local function on_update(self, entity, dt) end
return on_update, function() return {} end, function(self) return 0 end

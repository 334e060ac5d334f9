return nil, function() return {} end, function(self) return 0 end

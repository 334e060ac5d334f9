local function on_update(self, entity, dt)
    local enemy = get_nearest_enemy(entity, 10)
    if enemy then apply_damage(enemy, 1) end
    if get_health(entity) < 50 then heal(entity, 40) end
end

return on_update, function() return {} end, function(self) return 0 end

function on_update(id)
    local enemy = get_nearest_enemy(id, 10)
    if enemy >= 0 then apply_damage(enemy, 1) end
    if get_health(id) < 50 then heal(id, 40) end
end

function on_update(id, enemy, health)
    if enemy >= 0 then apply_damage(enemy, 1) end
    if health < 50 then heal(id, 40) end
end

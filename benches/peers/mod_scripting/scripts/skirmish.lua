local me, get_nearest_enemy, apply_damage = me, get_nearest_enemy, apply_damage
local get_health, heal = get_health, heal

function on_update()
    local id = me()
    local enemy = get_nearest_enemy(id, 10)
    if enemy then apply_damage(enemy, 1) end
    if get_health(id) < 50 then heal(id, 40) end
end

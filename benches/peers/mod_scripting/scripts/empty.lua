function on_update() end

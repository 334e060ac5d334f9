function another() end

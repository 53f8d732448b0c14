-- The version of a value that is kept, or nothing where there is none. Its end is empty where it is kept for good.
local function version_of(key, now)
    local found = redis.call('HMGET', key, 'n', 'e')
    if found[1] and found[2] and (found[2] == '' or (tonumber(found[2]) or 0) > now) then
        return found[1]
    end
    return nil
end


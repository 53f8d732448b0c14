-- Whether a session lives, and until when: what has ended, and what somebody else put there, is none.
local function end_of(key, now)
    if redis.call('TYPE', key)['ok'] ~= 'hash' then
        return nil
    end
    local ends = tonumber(redis.call('HGET', key, 'e'))
    if ends and ends > now then
        return ends
    end
    return nil
end


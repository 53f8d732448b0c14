-- The fence of whoever has a lease, or nothing where nobody has it, and what failed where that cannot be read.
local function holder(key, now)
    local found = redis.call('GET', key)
    if not found then
        return nil
    end
    local fence, ends = string.match(found, '^(%d+) (%-?%d+)$')
    if not fence then
        return nil, redis.error_reply('FOREIGN a lease cannot be read')
    end
    if tonumber(ends) > now then
        return fence
    end
    return nil
end


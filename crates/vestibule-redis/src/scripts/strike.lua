-- Strikes a session that has ended from its indexes. Nothing depends on it, since an index is believed only where the session
-- itself agrees; it gives back memory before the entry's own time.
-- KEYS: session, index by subject, [index by sid]
-- ARGV: member
if redis.call('EXISTS', KEYS[1]) == 0 then
    for i = 2, #KEYS do
        redis.call('ZREM', KEYS[i], ARGV[1])
    end
end
return 1

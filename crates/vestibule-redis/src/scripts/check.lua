-- Does once what the other scripts do, so that a right that is missing shows at the start and not when somebody signs out.
-- KEYS: a text, a session, an index
-- ARGV: channel
redis.call('SET', KEYS[1], '1', 'PX', 60000)
redis.call('GET', KEYS[1])
redis.call('HSET', KEYS[2], 'e', '1')
redis.call('PEXPIRE', KEYS[2], 60000)
redis.call('TYPE', KEYS[2])
redis.call('HGET', KEYS[2], 'e')
redis.call('HMGET', KEYS[2], 'e')
redis.call('PTTL', KEYS[2])
redis.call('EXISTS', KEYS[2])
redis.call('ZADD', KEYS[3], 1, 'check')
redis.call('PEXPIRE', KEYS[3], 60000)
redis.call('ZRANGE', KEYS[3], 0, -1)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', 0)
redis.call('ZREM', KEYS[3], 'check')
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('PUBLISH', ARGV[1], 'check')
return 1

/**
 * What Redis runs, whole and alone, for the limits of one request. Time is that of Redis, so that the clocks of
 * gateways need not agree: microseconds since 2023-11-14, which leave a double room for fractions.
 *
 * Each claim is seven arguments: kind, cost, and what its kind needs. The answer has six numbers for each
 * claim up to the first that refuses: admitted, remaining, reset, retry, mark, before. Nothing is
 * taken unless all are admitted. The arithmetic is that of `local-limit.ts`. What lies further ahead than a rate
 * or a delay can reach was written under another configuration, or before Redis's clock was set back: it is
 * put right at once.
 */
const clock = `
local time = redis.call('TIME')
local now = (tonumber(time[1]) - 1700000000) * 1000000 + tonumber(time[2])
local function pair(text)
  if not text then return 0, 0 end
  local count, ending = string.match(text, '^(%d+):(%d+)$')
  return tonumber(count), tonumber(ending)
end
local function keep(key, value, ending)
  redis.call('SET', key, value, 'PX', math.max(1, math.ceil((ending - now) / 1000)))
end
`

export const argumentsOfClaim = 7
export const numbersOfStanding = 6

export const takeScript = `${clock}
local answer, writes = {}, {}
local function say(...)
  for _, number in ipairs({...}) do answer[#answer + 1] = math.floor(number) end
end
for index = 1, #KEYS do
  local key, at = KEYS[index], (index - 1) * ${argumentsOfClaim}
  local kind, cost = ARGV[at + 1], tonumber(ARGV[at + 2])
  local a, b, c = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  local d, member = tonumber(ARGV[at + 6]), ARGV[at + 7]
  local admitted = false
  if kind == 'rate' then
    local before = tonumber(redis.call('GET', key) or '0')
    if before > now + b + 1 then
      before = now + b
      keep(key, string.format('%.3f', before), before)
    end
    local arrival = math.max(before, now) + cost * a
    admitted = arrival - now <= b + 0.5
    local debt = (admitted and arrival or math.max(before, now)) - now
    say(admitted and 1 or 0, (b + 0.5 - debt) / a, debt, admitted and 0 or arrival - now - b, arrival, before)
    writes[#writes + 1] = function() keep(key, string.format('%.3f', arrival), arrival) end
  elseif kind == 'window' then
    local used, ending = pair(redis.call('GET', key))
    if ending <= now then used, ending = 0, now + b end
    admitted = used + cost <= a
    local after = admitted and used + cost or used
    say(admitted and 1 or 0, a - after, ending - now, admitted and 0 or ending - now, ending, used)
    writes[#writes + 1] = function() keep(key, string.format('%d:%.0f', after, ending), ending) end
  elseif kind == 'delay' then
    local tries, ending = pair(redis.call('GET', key))
    if ending > now + d then
      ending = now + d
      keep(key, string.format('%d:%.0f', tries, ending), ending)
    end
    if ending <= now then tries = 0 end
    local late = tries + 1 - a
    local wait = late <= 0 and 0 or math.min(c, b * 2 ^ (late - 1))
    local nextAt = ending - d + wait
    admitted = tries == 0 or nextAt <= now
    local mark = now + d
    say(admitted and 1 or 0, math.max(0, a - tries - (admitted and 1 or 0)),
      (admitted and mark or ending) - now, admitted and 0 or nextAt - now, mark, ending)
    writes[#writes + 1] = function() keep(key, string.format('%d:%.0f', tries + 1, mark), mark) end
  else
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    local open = redis.call('ZCARD', key)
    admitted = open < a
    say(admitted and 1 or 0, a - open - (admitted and 1 or 0), 0, 0, 0, open)
    writes[#writes + 1] = function()
      redis.call('ZADD', key, now + b, member)
      redis.call('PEXPIRE', key, math.ceil(b / 1000))
    end
  end
  if not admitted then return answer end
end
for _, write in ipairs(writes) do write() end
return answer
`

/** Arguments: kind, cost, interval, mark, before, member. */
export const giveBackScript = `${clock}
local key, kind, cost = KEYS[1], ARGV[1], tonumber(ARGV[2])
local interval, mark, before = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if kind == 'concurrency' then return redis.call('ZREM', key, ARGV[6]) end
local value = redis.call('GET', key)
if not value then return 0 end
if kind == 'rate' then
  local rest = math.min(cost * interval, mark - now)
  local arrival = tonumber(value) - rest
  if rest > 0 and arrival > now then keep(key, string.format('%.3f', arrival), arrival)
  elseif rest > 0 then redis.call('DEL', key) end
  return 1
end
local count, ending = pair(value)
if kind == 'window' then
  if ending == mark and ending > now then
    keep(key, string.format('%d:%.0f', math.max(0, count - cost), ending), ending)
  end
  return 1
end
if count <= 1 then return redis.call('DEL', key) end
if ending == mark then ending = before end
if ending > now then keep(key, string.format('%d:%.0f', count - 1, ending), ending) end
return 1
`

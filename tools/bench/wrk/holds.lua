
-- All of a request that does not change is put together beforehand.
local heads, bodies = {}, {}
for i, token in ipairs(tokens) do
	heads[i] = method .. " " .. path .. " HTTP/1.1\r\nHost: " .. host .. "\r\nContent-Type: application/json\r\n" ..
		"Authorization: Bearer " .. token .. "\r\nContent-Length: "
end
for i, event in ipairs(events) do
	bodies[i] = '{"eventId":"' .. event .. '","seats":["' .. section .. "-"
end

local n, total = first, #events * groups
local between = '","' .. section .. "-"
ranOut = false -- a global, for done reads it

local function seat(i)
	local number = i % perRow
	return (i - number) / perRow + 1 .. "-" .. number + 1
end

function request()
	local at = n
	n = n + 1
	if at >= total then
		if endless then at = at % total else ranOut, at = true, total - 1 end
	end
	local event, place
	if spread then
		event = at % #events
		place = (at - event) / #events
	else
		place = at % groups
		event = (at - place) / groups
	end
	place = place * step % groups * group
	local body = bodies[event + 1] .. seat(place)
	for i = place + 1, place + group - 1 do body = body .. between .. seat(i) end
	body = body .. '"]}'
	return heads[n % #heads + 1] .. #body .. "\r\n\r\n" .. body
end

if think > 0 then
	function delay() return math.random(0, 2 * think) end -- ms
end

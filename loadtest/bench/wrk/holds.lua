
-- The constant parts of requests are built once.
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
ranOut = false -- a global, because done reads it

local function seat(i)
	local number = i % perRow
	return (i - number) / perRow + 1 .. "-" .. number + 1
end

-- Payments to send, the oldest first, and the token that holds each seat.
local payments, queued, sent, holders = {}, 0, 0, {}

if pays then
	local payment = '{"method":"mock","token":"tok_ok"}'
	function response(_, _, body)
		local id, event, held = body:match('^{"id":"([^"]+)","eventId":"([^"]+)","status":"HELD","seats":%[{"seat":"([^"]+)"')
		if not id then return end
		local token = holders[event .. held]
		holders[event .. held] = nil
		queued = queued + 1
		payments[queued] = "POST " .. path .. "/" .. id .. "/payments HTTP/1.1\r\nHost: " .. host .. "\r\nContent-Type: application/json\r\n" ..
			"Authorization: Bearer " .. token .. "\r\nContent-Length: " .. #payment .. "\r\n\r\n" .. payment
	end
end

function request()
	if sent < queued then
		sent = sent + 1
		local payment = payments[sent]
		payments[sent] = nil
		return payment
	end
	local at = n
	n = n + 1
	if at >= total then
		if endless then at = at % total else ranOut, at = true, total - 1 end
	end
	local event, index
	if spread then
		event = at % #events
		index = (at - event) / #events
	else
		index = at % groups
		event = (at - index) / groups
	end
	if floor ~= "" then
		local body = '{"eventId":"' .. events[event + 1] .. '","items":[{"section":"' .. floor .. '","quantity":1}]}'
		return heads[n % #heads + 1] .. #body .. "\r\n\r\n" .. body
	end
	local first_seat = index * step % groups * group
	local body = bodies[event + 1] .. seat(first_seat)
	for i = first_seat + 1, first_seat + group - 1 do body = body .. between .. seat(i) end
	local customer = customers > 0 and ',"customer":{"externalId":"C-' .. n % customers .. '"}' or ""
	body = body .. '"]' .. customer .. '}'
	if pays then holders[events[event + 1] .. section .. "-" .. seat(first_seat)] = tokens[n % #heads + 1] end
	local key = keys ~= "" and "\r\nIdempotency-Key: " .. keys .. n or ""
	return heads[n % #heads + 1] .. #body .. key .. "\r\n\r\n" .. body
end

if think > 0 then
	function delay() return math.random(0, 2 * think) end -- ms
end


local requests, n = {}, 0
local common = "GET " .. path .. " HTTP/1.1\r\nHost: " .. host .. "\r\n"
for _, field in ipairs(fields) do common = common .. field .. "\r\n" end
for i, token in ipairs(tokens) do requests[i] = common .. "Authorization: Bearer " .. token .. "\r\n\r\n" end
if #requests == 0 then requests[1] = common .. "\r\n" end
ranOut = false -- these never run out

function request()
	n = n + 1
	return requests[n % #requests + 1]
end

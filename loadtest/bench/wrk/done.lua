
local threads = {}
function setup(thread) threads[#threads + 1] = thread end

function done(summary, latency, requests)
	local out = false
	for _, thread in ipairs(threads) do out = out or thread:get("ranOut") end
	local e = summary.errors
	io.write(string.format('RESULT {"tookMicros":%d,"requests":%d,"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d,' ..
		'"p50":%d,"p99":%d,"max":%d,"ranOut":%s}\n',
		summary.duration, summary.requests, e.status, e.connect, e.read, e.write, e.timeout,
		latency:percentile(50), latency:percentile(99), latency.max, tostring(out)))
end

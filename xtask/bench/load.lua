-- Load for `cargo xtask bench`, read by wrk. Arguments after `--`: `meta`, or `create` and the API key.
--
-- References are random, never sequential: a random key dirties a page of its own, which is what a real merchant's
-- references do to a database. The thread's number, a salt of the run and a counter make them unique as well.

local threads = 0

function setup(thread)
    threads = threads + 1
    thread:set("number", threads)
end

local function random_bytes(count)
    local source = assert(io.open("/dev/urandom", "rb"))
    local bytes = source:read(count)
    source:close()
    return bytes
end

function init(arguments)
    kind = arguments[1]
    local a, b, c, d = random_bytes(4):byte(1, 4)
    math.randomseed(((a * 256 + b) * 256 + c) * 256 + d + number)
    salt = string.format("%02x%02x%02x%02x%02x%02x", random_bytes(6):byte(1, 6))
    sent = 0
    headers = {
        ["Authorization"] = "Bearer " .. (arguments[2] or ""),
        ["Content-Type"] = "application/json",
    }
    meta = wrk.format("GET", "/sandpay/v1/meta")
end

function request()
    if kind == "meta" then
        return meta
    end
    sent = sent + 1
    local reference = string.format(
        "%08x%08x-%d-%s-%x", math.random(0, 0xffffffff), math.random(0, 0xffffffff), number, salt, sent)
    local body = '{"amount":1000,"currency":"XOF","operator":"mtn","country":"CI","msisdn":"+2250500000111",'
        .. '"reference":"' .. reference .. '","application":"demo-store","scenario":"success"}'
    return wrk.format("POST", "/sandpay/v1/payments", headers, body)
end

-- One line for the caller, so that it need not read prose. Times are in microseconds.
function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        'result {"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,"status_errors":%d,"socket_errors":%d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
        errors.connect + errors.read + errors.write + errors.timeout))
end

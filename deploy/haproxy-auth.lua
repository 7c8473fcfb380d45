-- Asks the login service whose request this is, before HAProxy passes it on. See haproxy.cfg beside this file.

local AUTH_URL = "http://127.0.0.1:8090/v1/auth"
local TIMEOUT_MS = 5000

-- What the login service tells of a signed-in user, and the application may rely on.
local IDENTITY = { "x-user-id", "x-app-id", "x-open-id", "x-union-id" }

-- What the client needs of a refusal.
local REFUSAL = { "content-type", "www-authenticate", "retry-after" }

local UNAVAILABLE = '{"type":"about:blank#storage_unavailable","title":"The storage does not answer","status":503,'
    .. '"detail":"the login service does not answer","code":"storage_unavailable","retry":"later"}'

local function refuse(txn, status, headers, body)
    txn:done(txn:reply({ status = status, headers = headers, body = body }))
end

local function unavailable(txn)
    refuse(txn, 503, { ["content-type"] = { "application/problem+json" }, ["retry-after"] = { "1" } }, UNAVAILABLE)
end

-- The only value of a header; nil when it was not sent, or sent twice and so means nothing certain.
local function only(headers, name)
    local values = headers[name]
    if values and values[0] and not values[1] then
        return values[0]
    end
end

core.register_action("weapp_login_auth", { "http-req" }, function(txn)
    local received = txn.http:req_get_headers()
    -- Of the client's headers only the token goes along.
    local asked = { ["x-forwarded-for"] = { txn.f:src() } }
    for _, name in ipairs({ "authorization", "traceparent" }) do
        local value = only(received, name)
        if value then
            asked[name] = { value }
        end
    end

    local answer = core.httpclient():get({ url = AUTH_URL, headers = asked, timeout = TIMEOUT_MS })
    local status = answer and tonumber(answer.status) or 0

    if status == 204 and only(answer.headers, "x-user-id") then
        for _, name in ipairs(IDENTITY) do
            txn.http:req_del_header(name)
            local value = only(answer.headers, name)
            if value then
                txn.http:req_set_header(name, value)
            end
        end
    elseif status >= 400 and status <= 599 then
        local headers = {}
        for _, name in ipairs(REFUSAL) do
            local value = only(answer.headers, name)
            if value then
                headers[name] = { value }
            end
        end
        refuse(txn, status, headers, answer.body)
    else
        unavailable(txn)
    end
end, 0)

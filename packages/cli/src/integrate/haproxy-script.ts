import { clientFields, serviceFields, strippedFields } from './identity-names.ts'
import type { Site } from './site.ts'

/** sallyport.lua: the action that asks. HAProxy 2.6 has no request to an outside service but from Lua. */
export function haproxyScript(site: Site): string {
  const { over } = site.decisions
  if (!('socket' in over)) throw new TypeError('HAProxy asks over a Unix socket alone')
  return `-- Made by \`sallyport integrate haproxy\`: asks Sallyport for a decision on each request.
local destination = "unix@${over.socket}"
local caller = "${site.decisions.caller}"

-- Said by Sallyport to the service, in place of whatever the client says.
local to_service = { ${list(serviceFields)} }
-- Also on the answer of the service.
local to_client = { ${list(clientFields)} }
-- What a client may not say.
local stripped = { ${list(strippedFields)} }
-- Of a refusal, these are not for the client; the rest is.
local own = { ["content-length"] = true, ["connection"] = true, ["keep-alive"] = true, ["date"] = true }

local unavailable = '{"type":"about:blank","status":503,"title":"A check that this request must pass could not be made","code":"stage_unavailable","retryable":true}'

local function reply_with(txn, status, fields, body)
  local reply = txn:reply({ status = status })
  for _, field in ipairs(fields) do reply:add_header(field[1], field[2]) end
  reply:set_body(body)
  txn:done(reply)
end

local function question(txn)
  local headers = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    -- The client's own words about the request are left out; everything else is for the stages to see.
    if not (name:find("^x%-forwarded%-") or name:find("^sallyport%-") or name == "host" or name == "connection"
        or name == "content-length" or name == "transfer-encoding" or name == "upgrade" or name == "expect"
        or name == "x-ssl-client-cert") then
      local copied = {}
      for index = 0, #values do
        if values[index] ~= nil then copied[#copied + 1] = values[index] end
      end
      headers[name] = copied
    end
  end
  local upgrade = txn.sf:req_hdr("upgrade")
  if upgrade ~= nil and upgrade ~= "" then headers["sallyport-upgrade"] = { upgrade } end
  local certificate = txn.f:ssl_c_der()
  if certificate ~= nil and certificate ~= "" then
    headers["x-ssl-client-cert"] = { txn.c:base64(certificate) }
  end
  headers["x-forwarded-method"] = { txn.sf:method() }
  headers["x-forwarded-proto"] = { "https" }
  headers["x-forwarded-host"] = { txn.sf:req_hdr("host") }
  headers["x-forwarded-uri"] = { txn.sf:pathq() }
  headers["x-forwarded-for"] = { tostring(txn.f:src()) }
  return headers
end

core.register_action("sallyport_decide", { "http-req" }, function(txn, host)
  -- Caller and host stand here, where no client can change them.
  local answer = core.httpclient():get({
    url = "http://127.0.0.1/decide/" .. caller .. "/" .. host,
    dst = destination,
    headers = question(txn),
    timeout = 3000,
  })
  local fields = answer and answer.headers or {}
  local function field(name)
    local values = fields[string.lower(name)]
    return values and values[0]
  end
  local upstream = field("sallyport-upstream")
  if answer == nil or answer.status ~= 200 or upstream == nil then
    local told = tonumber(field("sallyport-status") or "")
    -- The decision could not be had: closed, never open.
    if told == nil or told == 200 then
      reply_with(txn, 503, { { "content-type", "application/problem+json" }, { "cache-control", "no-store" } }, unavailable)
      return
    end
    local copied = {}
    for name, values in pairs(fields) do
      if not own[name] and not name:find("^sallyport%-") then
        for index = 0, #values do
          if values[index] ~= nil then copied[#copied + 1] = { name, values[index] } end
        end
      end
    end
    if field("sallyport-close") ~= nil then copied[#copied + 1] = { "connection", "close" } end
    reply_with(txn, told, copied, answer.body or "")
    return
  end
  for _, name in ipairs(stripped) do txn.http:req_del_header(name) end
  for _, name in ipairs(to_service) do
    txn.http:req_del_header(name)
    if field(name) ~= nil then txn.http:req_set_header(name, field(name)) end
  end
  if field("sallyport-withhold") ~= nil then
    txn.http:req_del_header("authorization")
    txn.http:req_del_header("dpop")
  end
  txn.http:req_set_header("x-forwarded-for", tostring(txn.f:src()))
  txn.http:req_set_header("x-forwarded-proto", "https")
  for _, name in ipairs(to_client) do
    if field(name) ~= nil then txn:set_var("txn.sallyport_" .. name:lower():gsub("-", "_"), field(name)) end
  end
  txn:set_var("txn.sallyport_upstream", upstream)
end, 1)
`
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ')
}

// Goes between a test and a program that does not have ways of registering or privacy states: adds them to its answers.
// A program that has them is used as it is.
import { createServer } from 'node:http'
import { once } from 'node:events'

const CODES = { registration_closed: [403, 'none'], phone_code_invalid: [422, 'getPhoneNumber'], invalid_request: [400, 'none'] }
const REFUSALS = {
  undeclared: { errMsg: 'getUserInfo:fail api scope is not declared in the privacy agreement', errno: 112 },
  notAgreed: { errMsg: 'getUserInfo:fail privacy permission is not authorized', errno: 104 }
}
const NAMES = { user_info: 'userInfo', silent: 'silent', phone: 'phone' }

/** The address to use in place of `upstream()`'s. */
export async function standIn(t, upstream, env) {
  const lacks = await lacking(upstream())
  if (!lacks.ways && !lacks.privacy) return null
  const registration = env.REGISTRATION === undefined ? 'user_info,silent,phone' : env.REGISTRATION
  const ways = registration.split(',').filter(Boolean).map(name => NAMES[name])
  const privacy = new Map()
  const people = new Map()
  const tickets = new Map()

  const ask = async (method, path, body, headers = {}) => {
    const hasBody = method !== 'GET' && method !== 'HEAD' && body !== undefined
    const sent = { ...headers }
    for (const name of ['host', 'connection', 'content-length', 'transfer-encoding', 'expect']) delete sent[name]
    const text = typeof body === 'object' && !Buffer.isBuffer(body) ? JSON.stringify(body) : body
    if (hasBody && !sent['content-type']) sent['content-type'] = 'application/json'
    const answer = await fetch(upstream() + path, { method, headers: sent, body: hasBody ? text : undefined, redirect: 'manual' })
    const raw = Buffer.from(await answer.arrayBuffer())
    let json = null
    try { json = JSON.parse(raw) } catch { /* not JSON */ }
    return { status: answer.status, headers: Object.fromEntries(answer.headers), raw, json }
  }
  const problem = (code, detail = code) => {
    const [status, retry] = CODES[code]
    const json = { type: 'about:blank', title: code, status, detail, code, retry, requestId: 'r-stand-in' }
    return { status, headers: { 'content-type': 'application/problem+json' }, json }
  }
  const freshTicket = async person => {
    const { json: { code } } = await ask('POST', `/wx/${person}/login`, { appId: env.WECHAT_APP_ID })
    const { json } = await ask('POST', '/v1/login', { code, appId: env.WECHAT_APP_ID })
    return json.ticket
  }

  async function answered(method, path, headers, raw) {
    let body = null
    try { body = JSON.parse(raw) } catch { /* not JSON */ }
    const [, person, api] = /^\/wx\/([^/]+)\/(\w+)$/.exec(path) || []
    const steered = method === 'PUT' && path.startsWith('/control/people/') && body && body.privacy
    if (steered) privacy.set(path.split('/').pop(), body.privacy)
    if (steered && lacks.privacy) {
      const { privacy: _, ...rest } = body
      return ask(method, path, rest)
    }
    if (lacks.privacy && person && (api === 'getUserInfo' || api === 'getPhoneNumber') && REFUSALS[privacy.get(person)]) {
      const refusal = REFUSALS[privacy.get(person)]
      return { status: 400, headers: {}, json: { ...refusal, errMsg: refusal.errMsg.replace('getUserInfo', api) } }
    }
    if (lacks.privacy && person && api === 'agreePrivacy') {
      if (privacy.get(person) === 'notAgreed') privacy.set(person, 'agreed')
      return { status: 200, headers: {}, json: { errMsg: 'agreePrivacy:ok' } }
    }
    if (!lacks.ways) return ask(method, path, raw, headers)
    if (method === 'POST' && path === '/v1/register' && body) {
      const way = body.phoneCode ? 'phone' : body.signature ? 'userInfo' : 'silent'
      if (tickets.has(body.ticket) && !ways.includes(way)) return problem('registration_closed')
      if (way === 'userInfo' || !tickets.has(body.ticket)) return ask(method, path, raw, headers)
      const { who, alias } = tickets.get(body.ticket)
      // The data stands for none at all here, so the person's consent is set aside while it is fetched.
      const state = lacks.privacy ? undefined : privacy.get(who)
      if (state) await ask('PUT', `/control/people/${who}`, { privacy: 'agreed' })
      const { json: info } = await ask('POST', `/wx/${who}/getUserInfo`, { appId: env.WECHAT_APP_ID, withCredentials: true })
      if (state) await ask('PUT', `/control/people/${who}`, { privacy: state })
      const { rawData, signature, encryptedData, iv } = info
      const made = await ask('POST', path, { ticket: alias || body.ticket, rawData, signature, encryptedData, iv })
      if (!made.json.token || way !== 'phone') return made
      const authorization = `Bearer ${made.json.token}`
      const bound = await ask('POST', '/v1/me/phone', { code: body.phoneCode }, { authorization })
      if (bound.status === 200) return { ...made, json: { ...made.json, user: bound.json } }
      await ask('DELETE', '/v1/me', undefined, { authorization })
      tickets.set(body.ticket, { who, alias: await freshTicket(who) })
      return problem('phone_code_invalid')
    }
    const answer = await ask(method, path, raw, headers)
    if (person && api === 'login' && answer.json) people.set(answer.json.code, person)
    if (path === '/v1/login' && answer.json && answer.json.ticket) {
      if (ways.length === 0) return problem('registration_closed')
      tickets.set(answer.json.ticket, { who: people.get(body.code) })
      return { ...answer, json: { ...answer.json, ways } }
    }
    if (path === '/v1/me/phone' && answer.json && answer.json.code === 'code_invalid') return problem('phone_code_invalid')
    return answer
  }

  const server = createServer((request, response) => {
    const chunks = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', async () => {
      try {
        const answer = await answered(request.method, request.url, request.headers, Buffer.concat(chunks))
        const headers = { ...answer.headers }
        for (const name of ['content-length', 'transfer-encoding', 'content-encoding', 'connection']) delete headers[name]
        if (!headers['content-type']) headers['content-type'] = 'application/json'
        response.writeHead(answer.status, headers)
        response.end(answer.json !== null && answer.json !== undefined ? JSON.stringify(answer.json) : answer.raw)
      } catch {
        response.destroy()
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${server.address().port}`
}

/** Which of the two the program does not have. */
async function lacking(url) {
  const post = async (path, body, method = 'POST') => {
    const answer = await fetch(url + path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    return answer.json().catch(() => ({}))
  }
  await post('/control/people/probe', { privacy: 'undeclared' }, 'PUT')
  const { code } = await post('/wx/probe/login', { appId: 'wx0123456789abcdef' })
  const login = await post('/v1/login', { code, appId: 'wx0123456789abcdef' })
  const info = await post('/wx/probe/getUserInfo', { appId: 'wx0123456789abcdef', withCredentials: true })
  return { ways: !login.ways && login.code !== 'registration_closed', privacy: info.errno !== 112 }
}

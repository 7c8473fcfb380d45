import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, rejection, startBackend, startWorld } from './world.mjs'

const SESSION_INVALID = { status: 401, headers: { 'content-type': 'application/problem+json' }, body: JSON.stringify({
  type: 'about:blank', title: 'no session', status: 401, detail: '', code: 'session_invalid', retry: 'restart', requestId: 'r-1'
}) }

async function signedIn(t, options) {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone, options)
  await auth.login()
  phone.steps.length = 0
  return { world, phone, auth, token: phone.tokenIn(world.url) }
}

test('a request carries the token and hands back what wx.request does', async t => {
  const { auth } = await signedIn(t)

  const answer = await auth.request({ url: '/v1/session' })

  assert.equal(answer.statusCode, 200)
  assert.deepEqual(answer.data.user, auth.user)
  assert.equal(answer.errMsg, 'request:ok')
})

test('any status but a refused session is an answer, not an error', async t => {
  const { auth, phone } = await signedIn(t)

  const answer = await auth.request({ url: '/v1/no-such-thing' })

  assert.equal(answer.statusCode, 404)
  assert.equal(answer.data.code, 'not_found')
  assert.equal(phone.steps.length, 1)
})

test('a request before any login signs in first', async t => {
  const world = await startWorld(t)
  const phone = world.phone()

  const answer = await world.client(phone).request({ url: '/v1/session' })

  assert.equal(answer.statusCode, 200)
  assert.deepEqual(phone.steps.slice(-2), ['POST /v1/register', 'GET /v1/session'])
})

test('method, data and header reach the addressed server as they were given', async t => {
  const backend = await startBackend(t, () => ({ body: '{"ok":true}' }))
  const { auth, token } = await signedIn(t, { tokenOrigins: [backend.url] })

  await auth.request({ url: `${backend.url}/orders?page=1`, method: 'POST', data: { n: 1 }, header: { 'X-Shop': 'a' } })

  const [{ method, url, headers, body }] = backend.seen
  assert.deepEqual([method, url, body], ['POST', '/orders?page=1', '{"n":1}'])
  assert.deepEqual([headers['x-shop'], headers.authorization], ['a', `Bearer ${token}`])
})

test('the token goes to no origin that was not named', async t => {
  const backend = await startBackend(t, () => SESSION_INVALID)
  const { auth, phone } = await signedIn(t)

  const answer = await auth.request({ url: `${backend.url}/orders` })

  assert.equal(answer.statusCode, 401)
  assert.equal(backend.seen[0].headers.authorization, undefined)
  assert.equal(phone.steps.length, 1)
})

test('an address that only looks like the service\'s does not get the token', async t => {
  const { auth, phone, world } = await signedIn(t)
  const sent = []
  phone.wx.request = options => {
    sent.push(options)
    options.fail({ errMsg: 'request:fail ' })
  }
  const { host, port } = new URL(world.url)
  const lookalikes = [
    `http://${host}@evil.example.com/`,
    `http://${host}.evil.example.com/`,
    `http://evil.example.com/${host}`,
    `http://${host}\\@evil.example.com/`,
    `http://evil.example.com#@${host}/`,
    `http://evil.example.com\\${host}/`,
    `https://${host}/`,
    `http://127.0.0.1:${Number(port) + 1}/`,
    `http://127.0.0.1:${port}0/`,
    'javascript:alert(1)'
  ]

  for (const url of lookalikes) await rejection(auth.request({ url }))

  assert.deepEqual(sent.map(options => options.url), lookalikes)
  assert.ok(sent.every(options => !options.header || !options.header.Authorization))
})

test('a path always stays below baseUrl', async t => {
  const { auth, phone, world } = await signedIn(t)
  const sent = []
  phone.wx.request = options => {
    sent.push(options.url)
    options.success({ data: '', statusCode: 200, header: {} })
  }

  for (const url of ['/a', 'a', '//evil.example.com/a', '@evil.example.com', '.evil.example.com', ':80/a', '?a']) {
    await auth.request({ url })
  }

  assert.ok(sent.every(url => url.startsWith(`${world.url}/`)), sent.join())
  assert.ok(sent.every(url => new URL(url).origin === world.url), sent.join())
})

test('an Authorization of the caller\'s own is left alone', async t => {
  const backend = await startBackend(t, () => SESSION_INVALID)
  const { auth, phone } = await signedIn(t, { tokenOrigins: [backend.url] })

  await auth.request({ url: `${backend.url}/orders`, header: { authorization: 'Basic abc' } })

  assert.equal(backend.seen[0].headers.authorization, 'Basic abc')
  assert.equal(phone.steps.length, 1)
})

test('twenty requests whose session ended share one login and are each sent once more', async t => {
  const { auth, phone, token, world } = await signedIn(t)
  await world.revoke(token)

  const answers = await Promise.all(Array.from({ length: 20 }, () => auth.request({ url: '/v1/session' })))

  assert.ok(answers.every(answer => answer.statusCode === 200))
  assert.equal(count(phone.steps, 'login'), 1)
  assert.equal(count(phone.steps, 'POST /v1/login'), 1)
  assert.equal(count(phone.steps, 'GET /v1/session'), 40)
})

test('a request that is refused once late joins the session made meanwhile', async t => {
  const { auth, phone, token, world } = await signedIn(t)
  await world.revoke(token)
  const request = phone.wx.request
  const held = []
  phone.wx.request = options => {
    const old = options.header.Authorization === `Bearer ${token}` && options.data === 'late'
    return request(old ? { ...options, success: answer => held.push(() => options.success(answer)) } : options)
  }
  const late = auth.request({ url: '/v1/session', data: 'late' })
  await auth.request({ url: '/v1/session' })
  while (held.length === 0) await new Promise(resolve => setTimeout(resolve, 5))

  held[0]()
  const answer = await late

  assert.equal(answer.statusCode, 200)
  assert.equal(count(phone.steps, 'login'), 1)
})

test('a session that is refused again after the login is the caller\'s answer, not a loop', async t => {
  const backend = await startBackend(t, () => SESSION_INVALID)
  const { auth, phone } = await signedIn(t, { tokenOrigins: [backend.url] })

  const answer = await auth.request({ url: `${backend.url}/orders` })

  assert.equal(answer.statusCode, 401)
  assert.equal(backend.seen.length, 2)
  assert.equal(count(phone.steps, 'login'), 1)
})

test('a gateway\'s 401 with the Bearer challenge is a refused session too', async t => {
  let refuse = true
  const backend = await startBackend(t, () => {
    const page = { status: 401, headers: { 'WWW-Authenticate': 'Bearer', 'content-type': 'text/html' }, body: '<html>401</html>' }
    const answer = refuse ? page : { body: '{"orders":[]}' }
    refuse = false
    return answer
  })
  const { auth, phone } = await signedIn(t, { tokenOrigins: [backend.url] })

  const answer = await auth.request({ url: `${backend.url}/orders` })

  assert.deepEqual(answer.data, { orders: [] })
  assert.equal(count(phone.steps, 'login'), 1)
})

test('a backend\'s 401 of its own is the caller\'s answer', async t => {
  const backend = await startBackend(t, () => ({ status: 401, body: '{"error":"wrong pin"}' }))
  const { auth, phone } = await signedIn(t, { tokenOrigins: [backend.url] })

  const answer = await auth.request({ url: `${backend.url}/pin`, method: 'POST' })

  assert.deepEqual([answer.statusCode, answer.data], [401, { error: 'wrong pin' }])
  assert.equal(phone.steps.length, 1)
})

test('a request that did not get through is not repeated, because it may have been carried out', async t => {
  const { auth, phone } = await signedIn(t)
  phone.fault({ api: 'request', kind: 'loseAnswer', errMsg: 'request:fail timeout' })

  const error = await rejection(auth.request({ url: '/v1/session' }))

  assert.deepEqual([error.code, error.retry, error.detail], ['timed_out', 'later', 'request:fail timeout'])
  assert.equal(phone.steps.length, 1)
})

test('a request interrupted in the background ends in network_failed', async t => {
  const world = await startWorld(t)
  const phone = world.phone('alice', { interruptAfter: 20 })
  const auth = world.client(phone)
  await auth.login()
  await world.fault('latencyMs', 1000, 1, '/wx/alice/checkSession')
  const pending = rejection(auth.request({ url: '/wx/alice/checkSession', method: 'POST', data: {} }))
  phone.hide()

  const error = await pending

  assert.deepEqual([error.code, error.detail], ['network_failed', 'request:fail interrupted'])
})

test('a login that fails on the way is what the waiting requests reject with', async t => {
  const { auth, phone, token, world } = await signedIn(t)
  await world.revoke(token)
  await world.fault('errcode', 40125, 100)

  const errors = await Promise.all(Array.from({ length: 5 }, () => rejection(auth.request({ url: '/v1/session' }))))

  assert.deepEqual(errors.map(error => error.code), Array(5).fill('wechat_rejected'))
  assert.equal(auth.user, null)
  assert.equal(count(phone.steps, 'login'), 1)
})

test('a session that another instance renewed is taken over from storage', async t => {
  const { auth, phone, token, world } = await signedIn(t)
  const other = world.client(phone)
  await world.revoke(token)
  await other.login()
  phone.steps.length = 0

  const answer = await auth.request({ url: '/v1/session' })

  assert.equal(answer.statusCode, 200)
  assert.equal(count(phone.steps, 'login'), 0)
})

test('a client without a plain address is refused when it is made', async t => {
  const { world, phone } = await signedIn(t)

  for (const baseUrl of [undefined, '', 'login.example.com', 'https://', 'https://a@b.example.com', 'ftp://a', 'https://a b']) {
    assert.throws(() => world.client(phone, { baseUrl }), TypeError, String(baseUrl))
  }
  assert.throws(() => world.client(phone, { tokenOrigins: ['*'] }), TypeError)
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { APP, root, startBackend, startWorld } from './world.mjs'
import { createPhone, createWx } from '../testing/index.mjs'

/** `wx.request` with callbacks: what it called, and with what. */
function outcome(phone, options) {
  return new Promise(resolve => {
    phone.wx.request({ ...options, success: success => resolve({ success }), fail: fail => resolve({ fail }) })
  })
}

const offline = { simulator: 'http://127.0.0.1:1', person: 'alice', appId: APP }

test('any status is a success', async t => {
  const backend = await startBackend(t, () => ({ status: 500, body: '{"a":1}' }))

  const { success } = await outcome(createPhone(offline), { url: backend.url })

  assert.deepEqual([success.statusCode, success.data, success.errMsg], [500, { a: 1 }, 'request:ok'])
})

test('JSON is parsed whatever its media type, and handed over as text when it is none', async t => {
  const bodies = ['\ufeff{"a":1}', '<html></html>', '']
  const backend = await startBackend(t, () => ({ headers: { 'content-type': 'text/plain' }, body: bodies.shift() }))
  const phone = createPhone(offline)

  const answers = []
  while (bodies.length > 0) answers.push((await outcome(phone, { url: backend.url })).success.data)

  assert.deepEqual(answers, [{ a: 1 }, '<html></html>', ''])
})

test('data becomes the query of a GET, JSON or a form of a POST', async t => {
  const backend = await startBackend(t, () => ({}))
  const phone = createPhone(offline)
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const data = { a: '1 2', b: '&' }

  await outcome(phone, { url: `${backend.url}/?c=3`, data })
  await outcome(phone, { url: backend.url, method: 'POST', data })
  await outcome(phone, { url: backend.url, method: 'POST', data, header: form })

  const [get, json, urlencoded] = backend.seen
  assert.deepEqual([get.url, get.body], ['/?c=3&a=1%202&b=%26', ''])
  assert.deepEqual([json.headers['content-type'], json.body], ['application/json', '{"a":"1 2","b":"&"}'])
  assert.equal(urlencoded.body, 'a=1%202&b=%26')
})

test('the Referer is WeChat\'s and cannot be set', async t => {
  const backend = await startBackend(t, () => ({}))

  await outcome(createPhone(offline), { url: backend.url, header: { Referer: 'https://elsewhere.example.com' } })

  assert.equal(backend.seen[0].headers.referer, `https://servicewechat.com/${APP}/0/page-frame.html`)
})

test('cookies are shown but never sent back', async t => {
  const backend = await startBackend(t, () => ({ headers: { 'set-cookie': 'a=1' } }))
  const phone = createPhone(offline)

  const { success } = await outcome(phone, { url: backend.url })
  await outcome(phone, { url: backend.url })

  assert.deepEqual(success.cookies, ['a=1'])
  assert.equal(backend.seen[1].headers.cookie, undefined)
})

test('ten requests run at once and the others wait their turn', async t => {
  const waiting = []
  const server = createServer((_, response) => waiting.push(response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => (server.closeAllConnections(), server.close()))
  const phone = createPhone(offline)
  const url = `http://127.0.0.1:${server.address().port}`
  const answers = Array.from({ length: 25 }, () => outcome(phone, { url }))
  const most = []

  for (let answered = 0; answered < 25; answered += 1) {
    while (waiting.length < Math.min(10, 25 - answered)) await new Promise(resolve => setTimeout(resolve, 5))
    most.push(waiting.length)
    waiting.shift().end('{}')
  }

  assert.ok((await Promise.all(answers)).every(({ success }) => success.statusCode === 200))
  assert.equal(Math.max(...most), 10)
})

test('a request ends at its time limit, at abort, and five seconds into the background', async t => {
  const server = createServer(() => {}).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => (server.closeAllConnections(), server.close()))
  const phone = createPhone({ ...offline, interruptAfter: 20 })
  const url = `http://127.0.0.1:${server.address().port}`

  const late = await outcome(phone, { url, timeout: 30 })
  const aborted = await new Promise(resolve => phone.wx.request({ url, fail: resolve }).abort())
  const hidden = outcome(phone, { url })
  phone.hide()

  assert.equal(late.fail.errMsg, 'request:fail timeout')
  assert.equal(aborted.errMsg, 'request:fail abort')
  assert.equal((await hidden).fail.errMsg, 'request:fail interrupted')
})

test('PATCH, an address without scheme and an unlisted domain fail before anything is sent', async t => {
  const backend = await startBackend(t, () => ({}))
  const phone = createPhone({ ...offline, domains: ['https://login.example.com'] })

  const failures = [
    await outcome(phone, { url: backend.url, method: 'PATCH' }),
    await outcome(phone, { url: '/v1/me' }),
    await outcome(phone, { url: backend.url })
  ]

  assert.deepEqual(failures.map(({ fail }) => fail.errMsg), [
    'request:fail method is invalid',
    'request:fail invalid url "/v1/me"',
    'request:fail url not in domain list'
  ])
  assert.equal(backend.seen.length, 0)
})

test('storage holds copies, and gives an empty text for what is not there', () => {
  const { wx } = createPhone(offline)
  const value = { a: [1] }
  wx.setStorageSync('k', value)
  value.a.push(2)

  const found = wx.getStorageSync('k')
  wx.removeStorageSync('k')

  assert.deepEqual(found, { a: [1] })
  assert.equal(wx.getStorageSync('k'), '')
})

test('callbacks come later, success before complete, and a promise only without them', async t => {
  const world = await startWorld(t)
  const { wx } = world.phone()
  const order = []

  const returned = await new Promise(resolve => {
    const value = wx.login({
      success: () => order.push('success'),
      fail: () => order.push('fail'),
      complete: () => (order.push('complete'), resolve(value))
    })
    order.push('returned')
  })
  const promised = await wx.login()

  assert.deepEqual(order, ['returned', 'success', 'complete'])
  assert.equal(returned, undefined)
  assert.match(promised.code, /^\w+$/)
})

test('WeChat\'s own calls are answered by the simulator, in success and in fail', async t => {
  const world = await startWorld(t)
  const phone = world.phone()

  const early = await phone.wx.getUserInfo({ withCredentials: true }).catch(failure => failure)
  const untapped = await phone.wx.getUserProfile({ desc: 'x' }).catch(failure => failure)
  await world.client(phone).login()
  const tapped = await phone.tap(() => phone.wx.getUserProfile({ desc: 'x' }))
  const checked = await phone.wx.checkSession()

  assert.match(early.errMsg, /^getUserInfo:fail /)
  assert.equal(untapped.errMsg, 'getUserProfile:fail can only be invoked by user TAP gesture.')
  assert.equal(tapped.errMsg, 'getUserProfile:ok')
  assert.equal(checked.errMsg, 'checkSession:ok')
})

test('an observer sees each call before its answer', async t => {
  const world = await startWorld(t)
  const seen = []
  const phone = world.phone('alice', { onMessage: ({ phase, api, id }) => seen.push(`${phase} ${api} ${id}`) })

  await world.client(phone).login()

  assert.deepEqual(seen, ['login', 'request', 'getUserInfo', 'request'].flatMap((api, index) =>
    ['call', 'answer'].map(phase => `${phase} ${api} ${index + 1}`)))
})

test('the phone runs in a page: it imports nothing and names nothing of Node', () => {
  const source = readFileSync(join(root, 'testing/index.mjs'), 'utf8')

  assert.doesNotMatch(source, /^import |\bimport\(|\brequire\(|\bprocess\b|\bBuffer\b/m)
  assert.equal(typeof createWx(offline).login, 'function')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, foreignAnswer, rejection, startWorld } from './world.mjs'

const FIRST_SIGN_IN = ['login', 'POST /v1/login', 'getUserInfo', 'POST /v1/register']

test('a person who is new is registered at the first try, getUserInfo coming after the ticket', async t => {
  const world = await startWorld(t)
  const phone = world.phone()

  const user = await world.client(phone).login()

  assert.deepEqual(phone.steps, FIRST_SIGN_IN)
  assert.match(user.id, /^\d+$/)
})

test('a person whose session key expired unnoticed is registered at the first try', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  await world.exchangeElsewhere('alice')
  await world.expireKey('alice')

  await world.client(phone).login()

  assert.deepEqual(phone.steps, FIRST_SIGN_IN)
})

test('a person who is known signs in with wx.login and one request', async t => {
  const world = await startWorld(t)
  const registered = await world.client(world.phone()).login()
  const phone = world.phone()

  const user = await world.client(phone).login()

  assert.deepEqual(phone.steps, ['login', 'POST /v1/login'])
  assert.equal(user.id, registered.id)
})

test('a kept session shows its user at once and is confirmed with one request', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const registered = await world.client(phone).login()
  phone.steps.length = 0

  const auth = world.client(phone)
  const before = auth.user
  const user = await auth.login()

  assert.deepEqual(before, registered)
  assert.deepEqual(user, registered)
  assert.deepEqual(phone.steps, ['GET /v1/session'])
})

test('a kept session that was ended elsewhere is replaced by a login', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const registered = await world.client(phone).login()
  await world.revoke(phone.tokenIn(world.url))
  phone.steps.length = 0

  const user = await world.client(phone).login()

  assert.deepEqual(phone.steps, ['GET /v1/session', 'login', 'POST /v1/login'])
  assert.equal(user.id, registered.id)
})

test('twenty callers at once share one login', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const { login } = world.client(phone)

  const users = await Promise.all(Array.from({ length: 20 }, () => login()))

  assert.deepEqual(phone.steps, FIRST_SIGN_IN)
  assert.equal(new Set(users.map(user => user.id)).size, 1)
})

test('a login that failed is not remembered: the next one starts anew', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone, { retries: 0 })
  phone.fault({ api: 'login', kind: 'fail', errMsg: 'login:fail system error' })
  await rejection(auth.login())

  const user = await auth.login()

  assert.deepEqual(auth.user, user)
})

test('only the token and the user are kept, under one key that names the service', async t => {
  const world = await startWorld(t)
  const written = new Map()
  const storage = {
    getItem: key => written.get(key) ?? null,
    setItem: (key, text) => void written.set(key, text),
    removeItem: key => void written.delete(key)
  }

  const user = await world.client(world.phone('alice', { storage })).login()

  assert.deepEqual([...written.keys()], [`weapp-login:${world.url}`])
  const kept = JSON.parse([...written.values()][0])
  assert.deepEqual(Object.keys(kept), ['token', 'user'])
  assert.deepEqual(kept.user, user)
})

test('the same ticket is used again, with fresh data, when another phone renewed the key in between', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const getUserInfo = phone.wx.getUserInfo
  let disturbed = false
  phone.wx.getUserInfo = async options => {
    if (!disturbed) {
      disturbed = true
      await world.expireKey('alice')
      await world.exchangeElsewhere('alice')
    }
    getUserInfo(options)
  }

  await world.client(phone).login()

  assert.deepEqual(phone.steps, [
    ...FIRST_SIGN_IN,
    // The ticket's key stays behind WeChat's, so the service sends the client back to the start at its second check.
    'getUserInfo',
    'POST /v1/register',
    ...FIRST_SIGN_IN
  ])
})

test('a ticket that was spent in between leads to a new login', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const other = world.phone()
  const request = phone.wx.request
  let spent = false
  phone.wx.request = options => {
    if (spent || !options.url.endsWith('/v1/register')) return request(options)
    spent = true
    return other.wx.request({ ...options, success: () => request(options) })
  }

  await world.client(phone).login()

  assert.deepEqual(phone.steps, [...FIRST_SIGN_IN.slice(0, 3), 'POST /v1/register', 'login', 'POST /v1/login'])
})

test('data that is too old is fetched again with the same ticket', async t => {
  const world = await startWorld(t, { DATA_MAX_AGE_SECONDS: '1' })
  const phone = world.phone()
  const getUserInfo = phone.wx.getUserInfo
  let waited = false
  phone.wx.getUserInfo = options => {
    const success = waited ? options.success : info => setTimeout(() => options.success(info), 2500)
    waited = true
    getUserInfo({ ...options, success })
  }

  await world.client(phone).login()

  assert.deepEqual(phone.steps, [...FIRST_SIGN_IN, 'getUserInfo', 'POST /v1/register'])
})

test('two mini programs behind one service each name themselves', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const sent = []
  const request = phone.wx.request
  phone.wx.request = options => {
    sent.push(options.data && options.data.appId)
    return request(options)
  }

  await world.client(phone).login()
  const error = await rejection(world.client(world.phone(), { appId: 'wxfedcba9876543210' }).login())

  assert.equal(sent[0], 'wx0123456789abcdef')
  assert.equal(error.code, 'invalid_request')
})

test('a thousand logins of one person, twenty at a time, ask the service fifty times', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone)
  await auth.login()
  phone.steps.length = 0

  for (let round = 0; round < 50; round += 1) {
    await Promise.all(Array.from({ length: 20 }, () => auth.login()))
  }

  assert.equal(count(phone.steps, 'GET /v1/session'), 50)
  assert.equal(phone.steps.length, 50)
})

test('a person who is suspended is told so, and is signed out', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  await world.client(phone).login()
  const code = 'user_suspended'
  const problem = { type: 'about:blank', title: code, status: 403, detail: code, code, retry: 'none', requestId: 'r-1' }
  phone.fault({ api: 'request', path: '/v1/session', kind: 'answer', answer: foreignAnswer(403, problem) })
  phone.steps.length = 0

  const auth = world.client(phone)
  const error = await rejection(auth.login())

  assert.deepEqual([error.code, error.retry, error.status], ['user_suspended', 'none', 403])
  assert.deepEqual([auth.user, phone.steps], [null, ['GET /v1/session']])
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import vm from 'node:vm'
import { count, rejection, root, startWorld } from './world.mjs'

test('a wx.login that fails once is called again', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  phone.fault({ api: 'login', kind: 'fail', errMsg: 'login:fail system error' })

  await world.client(phone).login()

  assert.deepEqual(phone.steps, ['login', 'login', 'POST /v1/login', 'getUserInfo', 'POST /v1/register'])
})

test('a wx.login that fails on WeChat\'s side once is called again', async t => {
  const world = await startWorld(t)
  await world.fault('httpStatus', 500, 1, '/wx/alice/login')
  const phone = world.phone()

  await world.client(phone).login()

  assert.equal(count(phone.steps, 'login'), 2)
})

test('a wx.login that always fails ends in wx_login_failed after five tries', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  phone.fault({ api: 'login', kind: 'fail', errMsg: 'login:fail system error', times: 100 })

  const error = await rejection(world.client(phone).login())

  assert.deepEqual([error.code, error.retry, error.detail], ['wx_login_failed', 'later', 'login:fail system error'])
  assert.deepEqual(phone.steps, Array(5).fill('login'))
})

test('a wx.login that never answers ends in wx_login_failed', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  phone.fault({ api: 'login', kind: 'silent' })

  const error = await rejection(world.client(phone, { timeout: 100, retries: 0 }).login())

  assert.equal(error.code, 'wx_login_failed')
})

test('a refusal to share the user info ends in user_info_denied where no other way is left, and the next login works', async t => {
  const world = await startWorld(t, { REGISTRATION: 'user_info' })
  const phone = world.phone()
  const auth = world.client(phone)
  phone.refuse('getUserInfo')

  const error = await rejection(auth.login())
  phone.refuse('getUserInfo', false)
  const user = await auth.login()

  assert.deepEqual([error.code, error.retry, error.status, error.reason], ['user_info_denied', 'none', 0, 'person_refused'])
  assert.deepEqual(auth.user, user)
  // The ticket of the refusal is still good.
  assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'getUserInfo', 'getUserInfo', 'POST /v1/register'])
})

test('a getUserInfo that fails otherwise starts over where no other way is left', async t => {
  const world = await startWorld(t, { REGISTRATION: 'user_info' })
  const phone = world.phone()
  phone.fault({ api: 'getUserInfo', kind: 'fail', errMsg: 'getUserInfo:fail system error' })

  await world.client(phone).login()

  const round = ['login', 'POST /v1/login', 'getUserInfo']
  assert.deepEqual(phone.steps, [...round, ...round, 'POST /v1/register'])
})

test('a getUserInfo that always fails ends in user_info_failed after five tries', async t => {
  const world = await startWorld(t, { REGISTRATION: 'user_info' })
  const phone = world.phone()
  phone.fault({ api: 'getUserInfo', kind: 'fail', errMsg: 'getUserInfo:fail system error', times: 100 })

  // Spread, because WeChat answers four wx.login a second.
  const error = await rejection(world.client(phone, { retryDelay: 250 }).login())

  assert.deepEqual([error.code, error.retry], ['user_info_failed', 'restart'])
  assert.equal(count(phone.steps, 'getUserInfo'), 5)
})

test('a storage that cannot be read costs a login', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const registered = await world.client(phone).login()
  phone.fault({ api: 'getStorageSync', kind: 'fail', errMsg: 'getStorageSync:fail', times: 100 })

  const user = await world.client(phone).login()

  assert.equal(user.id, registered.id)
})

test('a storage that cannot be written keeps the session in memory', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone)
  phone.fault({ api: 'setStorageSync', kind: 'fail', errMsg: 'setStorageSync:fail exceed storage max size', times: 100 })

  const user = await auth.login()
  const answer = await auth.request({ url: '/v1/session' })

  assert.equal(answer.statusCode, 200)
  assert.deepEqual(auth.user, user)
  assert.equal(phone.storage.getItem(`weapp-login:${world.url}`), null)
})

test('a storage that holds something else costs a login', async t => {
  const world = await startWorld(t)
  for (const [index, text] of ['"x"', '{"token":7,"user":{}}', '{"token":"t"}', 'null', '{'].entries()) {
    const phone = world.phone(`person-${index}`)
    phone.storage.setItem(`weapp-login:${world.url}`, text)

    await world.client(phone).login()

    assert.equal(phone.steps[0], 'login', text)
  }
})

test('a storage that cannot be cleared does not keep anybody signed in', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone)
  await auth.login()
  phone.fault({ api: 'removeStorageSync', kind: 'fail', errMsg: 'removeStorageSync:fail', times: 100 })

  await auth.logout()

  assert.equal(auth.user, null)
  phone.steps.length = 0
  await world.client(phone).login()
  assert.deepEqual(phone.steps, ['GET /v1/session', 'login', 'POST /v1/login'])
})

test('a mini program killed between ticket and registration starts over at its next start', async t => {
  const world = await startWorld(t)
  const killed = new Promise(resolve => {
    const phone = world.phone('alice', {
      onMessage(message) {
        if (message.api !== 'getUserInfo' || message.phase !== 'call') return
        phone.kill()
        resolve(phone)
      }
    })
    // What ends here is only the timer of a client whose page is gone.
    world.client(phone, { timeout: 2000, retries: 0 }).login().catch(() => {})
  })
  const { storage } = await killed
  const phone = world.phone('alice', { storage })

  await world.client(phone).login()

  assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'getUserInfo', 'POST /v1/register'])
})

test('a phone whose clock is off signs in, because nobody asks it', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const asked = []
  const clock = new Proxy(function Date() {}, {
    get: (_, name) => asked.push(name),
    construct: () => (asked.push('new'), {})
  })
  const module = { exports: {} }
  const context = vm.createContext({ Date: clock, exports: module.exports, setTimeout, clearTimeout })
  vm.runInContext('globalThis.Date = Date', context)
  vm.runInContext(readFileSync(join(root, 'miniprogram_dist/index.js'), 'utf8'), context)
  const options = { baseUrl: world.url, wx: phone.wx }

  await module.exports.createWeappLogin(options).login()
  const user = await module.exports.createWeappLogin(options).login()

  assert.match(user.id, /^\d+$/)
  assert.deepEqual(asked, [])
})

test('a base library without promises and without account info is enough', async t => {
  const world = await startWorld(t)
  const phone = world.phone('alice', { promises: false })
  delete phone.wx.getAccountInfoSync
  const auth = world.client(phone)

  await auth.login()
  const answer = await auth.request({ url: '/v1/session' })

  assert.equal(answer.statusCode, 200)
})

test('thirty requests at the start of a page wait for one login and all get through', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone)

  const answers = await Promise.all(Array.from({ length: 30 }, () => auth.request({ url: '/v1/session' })))

  assert.ok(answers.every(answer => answer.statusCode === 200))
  assert.equal(count(phone.steps, 'login'), 1)
})

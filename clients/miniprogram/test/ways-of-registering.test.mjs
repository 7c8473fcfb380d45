import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, foreignAnswer, rejection, startWorld } from './world.mjs'

const SILENT = ['login', 'POST /v1/login', 'POST /v1/register']
const REFUSED_THEN_SILENT = ['login', 'POST /v1/login', 'getUserInfo', 'POST /v1/register']

for (const [what, arrange] of [
  ['the privacy guideline does not name', (_, world) => world.privacy('alice', 'undeclared')],
  ['the person has not agreed to share', (_, world) => world.privacy('alice', 'notAgreed')],
  ['the person refuses to share', phone => phone.refuse('getUserInfo')],
  ['this WeChat cannot share', phone => { delete phone.wx.getUserInfo }],
  ['WeChat fails to share', phone => phone.fault({ api: 'getUserInfo', kind: 'fail', errMsg: 'getUserInfo:fail system error' })],
  ['WeChat never shares', phone => phone.fault({ api: 'getUserInfo', kind: 'silent' })]
]) {
  test(`a person whose user info ${what} is registered without it`, async t => {
    const world = await startWorld(t)
    const phone = world.phone()
    await arrange(phone, world)

    const user = await world.client(phone, { timeout: 1000 }).login()

    assert.match(user.id, /^\d+$/)
    assert.deepEqual(phone.steps, phone.wx.getUserInfo ? REFUSED_THEN_SILENT : SILENT)
  })
}

test('the service\'s preferred way is taken first', async t => {
  const world = await startWorld(t, { REGISTRATION: 'silent,user_info' })
  const phone = world.phone()

  await world.client(phone).login()

  assert.deepEqual(phone.steps, SILENT)
})

for (const [what, state, reason] of [
  ['the guideline does not name the data', 'undeclared', 'privacy_undeclared'],
  ['the person has not agreed', 'notAgreed', 'privacy_not_agreed']
]) {
  test(`where user info is the only way and ${what} the error says so, and the ticket is kept`, async t => {
    const world = await startWorld(t, { REGISTRATION: 'user_info' })
    await world.privacy('alice', state)
    const phone = world.phone()
    const auth = world.client(phone)

    const error = await rejection(auth.login())
    await world.privacy('alice', 'agreed')
    const user = await auth.login()

    assert.deepEqual([error.code, error.retry, error.reason], ['user_info_denied', 'none', reason])
    assert.match(error.detail, /^getUserInfo:fail .*privacy/)
    const advice = /the service allows no other way; declare nickname and avatar in the mini program's privacy guideline, or add silent to REGISTRATION.*; it allows userInfo\)$/
    assert.equal(advice.test(error.detail), state === 'undeclared')
    assert.deepEqual(auth.user, user)
    assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'getUserInfo', 'getUserInfo', 'POST /v1/register'])
  })
}

test('where the phone number is the only way a login ends in phone_required, without a question', async t => {
  const world = await startWorld(t, { REGISTRATION: 'phone' })
  const phone = world.phone()

  const error = await rejection(world.client(phone).login())

  assert.deepEqual([error.code, error.retry, error.status], ['phone_required', 'getPhoneNumber', 0])
  assert.deepEqual(phone.steps, ['login', 'POST /v1/login'])
})

test('where user info is refused and only the phone number is left, the error says who refused', async t => {
  const world = await startWorld(t, { REGISTRATION: 'user_info,phone' })
  const phone = world.phone()
  phone.refuse('getUserInfo')
  const auth = world.client(phone)

  const error = await rejection(auth.login())
  const user = await auth.registerByPhone(await phone.tapPhoneButton())

  assert.deepEqual([error.code, error.reason], ['user_info_denied', 'person_refused'])
  assert.match(user.phone, /^\+86\d{11}$/)
  assert.equal(count(phone.steps, 'login'), 1)
})

test('a service that takes nobody new ends in registration_closed', async t => {
  const world = await startWorld(t, { REGISTRATION: '' })
  const phone = world.phone()
  const auth = world.client(phone)

  const error = await rejection(auth.login())
  const nobody = await auth.login({ create: false })

  assert.deepEqual([error.code, error.retry, error.status], ['registration_closed', 'none', 403])
  assert.equal(nobody, null)
})

test('a way that the service stopped taking is passed over', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const problem = { title: 'closed', status: 403, detail: 'closed', code: 'registration_closed', retry: 'none', requestId: 'r-1' }
  phone.fault({ api: 'request', path: '/v1/register', kind: 'answer', answer: foreignAnswer(403, problem) })

  await world.client(phone).login()

  assert.deepEqual(phone.steps, [...REFUSED_THEN_SILENT, 'POST /v1/register'])
})

test('somebody known signs in without being created, by one request', async t => {
  const world = await startWorld(t)
  const registered = await world.client(world.phone()).login()
  const phone = world.phone()
  const auth = world.client(phone)

  const user = await auth.login({ create: false })

  assert.deepEqual(user, registered)
  assert.deepEqual(auth.user, registered)
  assert.deepEqual(phone.steps, ['login', 'POST /v1/login'])
})

test('somebody new is not created unless asked for, and nothing is asked of them', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone)

  const first = await auth.login({ create: false })
  const again = await world.client(world.phone()).login({ create: false })

  assert.deepEqual([first, again, auth.user], [null, null, null])
  assert.deepEqual(phone.steps, ['login', 'POST /v1/login'])
  assert.equal(phone.storage.getItem(`weapp-login:${world.url}`), null)
})

test('a login after a look uses the ticket in hand', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone)
  await auth.login({ create: false })

  await auth.login()

  assert.deepEqual(phone.steps, REFUSED_THEN_SILENT)
})

test('a ticket that expired while the person looked around costs a second wx.login, and no pause', async t => {
  const world = await startWorld(t, { TICKET_TTL_SECONDS: '1' })
  const phone = world.phone()
  const auth = world.client(phone, { retryDelay: 60000 })
  await auth.login({ create: false })
  await new Promise(resolve => setTimeout(resolve, 1100))
  phone.steps.length = 0

  await auth.login()

  assert.deepEqual(phone.steps, ['getUserInfo', 'POST /v1/register', ...REFUSED_THEN_SILENT])
})

test('looks, logins and requests at once share one login', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone)

  const [looked, answer, ...users] = await Promise.all([
    auth.login({ create: false }),
    auth.request({ url: '/v1/session' }),
    auth.login(),
    auth.login(),
    auth.login({ create: false })
  ])

  // The first look began before anybody wanted an account, the last one afterwards.
  assert.equal(looked, null)
  assert.deepEqual(users.map(user => user.id), Array(3).fill(answer.data.user.id))
  assert.deepEqual(phone.steps, [...REFUSED_THEN_SILENT, 'GET /v1/session'])
})

test('a look that joined a login which could not register anybody finds nobody', async t => {
  const world = await startWorld(t, { REGISTRATION: 'user_info' })
  const phone = world.phone()
  phone.refuse('getUserInfo')
  const auth = world.client(phone)

  const [error, looked] = await Promise.all([rejection(auth.login()), auth.login({ create: false })])

  assert.equal(error.code, 'user_info_denied')
  assert.equal(looked, null)
})

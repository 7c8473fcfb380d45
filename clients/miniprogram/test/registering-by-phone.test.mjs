import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, foreignAnswer, rejection, startWorld } from './world.mjs'

test('somebody new has an account and a phone number after one tap', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone)

  const user = await auth.registerByPhone(await phone.tapPhoneButton())

  assert.match(user.phone, /^\+86\d{11}$/)
  assert.deepEqual(auth.user, user)
  assert.deepEqual(phone.steps, ['getPhoneNumber', 'login', 'POST /v1/login', 'POST /v1/register'])
})

test('the ticket of a look is used by the tap', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone)
  await auth.login({ create: false })

  const user = await auth.registerByPhone(await phone.tapPhoneButton())

  assert.match(user.phone, /^\+86\d{11}$/)
  assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'getPhoneNumber', 'POST /v1/register'])
})

test('somebody known signs in by the tap, and the number is bound', async t => {
  const world = await startWorld(t)
  const registered = await world.client(world.phone()).login()
  const phone = world.phone()

  const user = await world.client(phone).registerByPhone(await phone.tapPhoneButton())

  assert.equal(user.id, registered.id)
  assert.match(user.phone, /^\+86\d{11}$/)
  assert.deepEqual(phone.steps, ['getPhoneNumber', 'login', 'POST /v1/login', 'POST /v1/me/phone'])
})

test('somebody signed in stays who they are, and the number is bound', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone)
  const before = await auth.login()
  phone.steps.length = 0

  const user = await auth.registerByPhone(await phone.tapPhoneButton())

  assert.equal(user.id, before.id)
  assert.match(user.phone, /^\+86\d{11}$/)
  assert.deepEqual(phone.steps, ['getPhoneNumber', 'GET /v1/session', 'POST /v1/me/phone'])
})

test('where the service does not register by phone the number is bound after a login', async t => {
  const world = await startWorld(t, { REGISTRATION: 'silent' })
  const phone = world.phone()

  const user = await world.client(phone).registerByPhone(await phone.tapPhoneButton())

  assert.match(user.phone, /^\+86\d{11}$/)
  assert.deepEqual(phone.steps.slice(-2), ['POST /v1/register', 'POST /v1/me/phone'])
})

test('an older WeChat that gives no code registers and binds by encrypted data', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone)
  await auth.login({ create: false })
  const { code, ...detail } = await phone.tapPhoneButton()

  const user = await auth.registerByPhone(detail)

  assert.match(user.phone, /^\+86\d{11}$/)
})

test('a phone code that WeChat refuses asks for another tap, and the ticket is kept for it', async t => {
  const world = await startWorld(t, { REGISTRATION: 'phone' })
  const phone = world.phone()
  const auth = world.client(phone)

  const error = await rejection(auth.registerByPhone({ code: 'no-such-code' }))
  const user = await auth.registerByPhone(await phone.tapPhoneButton())

  assert.deepEqual([error.code, error.retry, error.status], ['phone_code_invalid', 'getPhoneNumber', 422])
  assert.match(user.phone, /^\+86\d{11}$/)
  assert.equal(count(phone.steps, 'login'), 1)
})

test('a registration by phone whose answer is lost ends signed in, with one account and the number', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  phone.fault({ api: 'request', path: '/v1/register', kind: 'loseAnswer', errMsg: 'request:fail timeout' })

  const user = await world.client(phone).registerByPhone(await phone.tapPhoneButton())

  assert.match(user.phone, /^\+86\d{11}$/)
  assert.equal((await world.client(world.phone()).login()).id, user.id)
  assert.equal(count(phone.steps, 'POST /v1/me/phone'), 0)
})

test('a registration by phone goes on when the service is busy', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const problem = { title: 'busy', status: 503, detail: 'busy', code: 'wechat_unavailable', retry: 'later', requestId: 'r-1' }
  phone.fault({ api: 'request', path: '/v1/register', kind: 'answer', answer: foreignAnswer(503, problem) })

  const user = await world.client(phone).registerByPhone(await phone.tapPhoneButton())

  assert.match(user.phone, /^\+86\d{11}$/)
  assert.equal(count(phone.steps, 'POST /v1/register'), 2)
})

for (const [what, state, reason] of [
  ['is not named by the guideline', 'undeclared', 'privacy_undeclared'],
  ['is not agreed to', 'notAgreed', 'privacy_not_agreed']
]) {
  test(`a phone number that ${what} ends in phone_denied, which says so`, async t => {
    const world = await startWorld(t)
    await world.privacy('alice', state)
    const phone = world.phone()
    const auth = world.client(phone)

    const errors = [
      await rejection(auth.registerByPhone(await phone.tapPhoneButton())),
      await rejection(auth.bindPhone(await phone.tapPhoneButton()))
    ]

    assert.deepEqual(errors.map(error => [error.code, error.reason]), Array(2).fill(['phone_denied', reason]))
    assert.equal(count(phone.steps, 'POST /v1/login'), 0)
  })
}

test('a login that meets a tap under way waits for it', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone)
  const detail = await phone.tapPhoneButton()

  const [byPhone, user] = await Promise.all([auth.registerByPhone(detail), auth.login()])

  assert.equal(user.id, byPhone.id)
  assert.equal(count(phone.steps, 'POST /v1/register'), 1)
})

test('a tap that fails does not fail the login that waited for it', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone)

  const [error, user] = await Promise.all([rejection(auth.registerByPhone({ code: 'no-such-code' })), auth.login()])

  assert.equal(error.code, 'phone_code_invalid')
  assert.deepEqual(auth.user, user)
})

test('a tap that meets a login under way binds the number to its person', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone)
  const detail = await phone.tapPhoneButton()

  const [user, byPhone] = await Promise.all([auth.login(), auth.registerByPhone(detail)])

  assert.equal(byPhone.id, user.id)
  assert.match(byPhone.phone, /^\+86\d{11}$/)
})

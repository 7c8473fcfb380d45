import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, rejection, startWorld } from './world.mjs'

async function signedIn(t, env) {
  const world = await startWorld(t, env)
  const phone = world.phone()
  const auth = world.client(phone)
  await auth.login()
  phone.steps.length = 0
  return { world, phone, auth, token: phone.tokenIn(world.url) }
}

/** The event as a base library below 2.21.2 has it: the encrypted number, and no code. */
function withoutCode({ code, ...detail }) {
  return detail
}

test('a phone number is bound by the code of the tap', async t => {
  const { auth, phone } = await signedIn(t)
  const detail = await phone.tapPhoneButton()

  const user = await auth.bindPhone({ code: detail.code, errMsg: detail.errMsg })

  assert.match(user.phone, /^\+86\d{11}$/)
  assert.deepEqual(auth.user, user)
})

test('a phone number is bound by encrypted data where there is no code', async t => {
  const { auth, phone } = await signedIn(t)
  const detail = withoutCode(await phone.tapPhoneButton())

  const user = await auth.bindPhone(detail)

  assert.match(user.phone, /^\+86\d{11}$/)
})

test('the person\'s refusal ends in phone_denied, without a request', async t => {
  const { auth, phone } = await signedIn(t)
  phone.refuse('getPhoneNumber')
  const detail = await phone.tapPhoneButton()

  const error = await rejection(auth.bindPhone(detail))

  assert.deepEqual([error.code, error.retry], ['phone_denied', 'none'])
  assert.equal(count(phone.steps, 'POST /v1/me/phone'), 0)
})

test('a mini program without the right or the quota ends in phone_failed', async t => {
  const { auth } = await signedIn(t)
  const spent = { errMsg: 'getPhoneNumber:fail jsapi has no enough quota', errno: 1400001 }

  const errors = [await rejection(auth.bindPhone(spent)), await rejection(auth.bindPhone(undefined))]

  assert.deepEqual(errors.map(error => error.code), ['phone_failed', 'phone_failed'])
  assert.equal(errors[0].detail, spent.errMsg)
})

test('a phone code outlives a session that ended: the same code is sent once more', async t => {
  const { auth, phone, token, world } = await signedIn(t)
  const detail = await phone.tapPhoneButton()
  await world.revoke(token)

  const user = await auth.bindPhone(detail)

  assert.match(user.phone, /^\+86\d{11}$/)
  assert.equal(count(phone.steps, 'POST /v1/me/phone'), 2)
  assert.equal(count(phone.steps, 'POST /v1/login'), 1)
})

test('a phone number whose answer was lost is found bound', async t => {
  const { auth, phone } = await signedIn(t)
  const detail = await phone.tapPhoneButton()
  phone.fault({ api: 'request', path: '/v1/me/phone', kind: 'loseAnswer', errMsg: 'request:fail timeout' })

  const user = await auth.bindPhone(detail)

  assert.match(user.phone, /^\+86\d{11}$/)
})

test('a phone code that is used up ends in phone_code_invalid: the person taps again', async t => {
  const { auth, phone } = await signedIn(t)
  const detail = await phone.tapPhoneButton()
  await auth.bindPhone(detail)

  const error = await rejection(auth.bindPhone(detail))

  assert.deepEqual([error.code, error.retry, error.status], ['phone_code_invalid', 'getPhoneNumber', 422])
})

test('a number encrypted with a younger key ends in decryption_failed, and the next tap works', async t => {
  const { auth, phone, world } = await signedIn(t)
  await world.expireKey('alice')
  await world.exchangeElsewhere('alice')

  const error = await rejection(auth.bindPhone(withoutCode(await phone.tapPhoneButton())))
  const user = await auth.bindPhone(withoutCode(await phone.tapPhoneButton()))

  assert.deepEqual([error.code, error.retry], ['decryption_failed', 'restart'])
  assert.match(user.phone, /^\+86\d{11}$/)
})

test('a nickname and an avatar are stored, with the methods that wx.request knows', async t => {
  const { auth, world } = await signedIn(t)
  const change = { nickname: '小明 😀', avatarUrl: 'https://cdn.example.com/a.png' }

  const user = await auth.updateProfile(change)

  assert.deepEqual({ nickname: user.nickname, avatarUrl: user.avatarUrl }, change)
  assert.deepEqual(auth.user, user)
  assert.deepEqual(await world.client(world.phone()).login(), user)
})

test('only what is given is changed', async t => {
  const { auth } = await signedIn(t)
  await auth.updateProfile({ nickname: 'first', avatarUrl: 'https://cdn.example.com/a.png' })

  const user = await auth.updateProfile({ nickname: 'second' })

  assert.deepEqual([user.nickname, user.avatarUrl], ['second', 'https://cdn.example.com/a.png'])
})

test('an avatar that was not uploaded ends in avatar_not_uploaded, without a request', async t => {
  const { auth, phone } = await signedIn(t)
  const paths = ['wxfile://tmp_a.jpg', 'http://tmp/a.jpg', 'https://tmp/a.jpg', 'http://127.0.0.1:1234/__tmp__/a.jpg']

  const errors = await Promise.all(paths.map(avatarUrl => rejection(auth.updateProfile({ avatarUrl }))))

  assert.deepEqual(errors.map(error => error.code), paths.map(() => 'avatar_not_uploaded'))
  assert.deepEqual(phone.steps, [])
})

test('a nickname that the service refuses ends in invalid_request and changes nothing', async t => {
  const { auth } = await signedIn(t)
  const before = auth.user

  const error = await rejection(auth.updateProfile({ nickname: 'x'.repeat(5000) }))

  assert.deepEqual([error.code, error.retry, error.status], ['invalid_request', 'none', 400])
  assert.deepEqual(auth.user, before)
})

test('a profile outlives a session that ended', async t => {
  const { auth, phone, token, world } = await signedIn(t)
  await world.revoke(token)

  const user = await auth.updateProfile({ nickname: 'again' })

  assert.equal(user.nickname, 'again')
  assert.equal(count(phone.steps, 'POST /v1/login'), 1)
})

test('a profile that did not get through is sent again', async t => {
  const { auth, phone } = await signedIn(t)
  phone.fault({ api: 'request', path: '/v1/me', kind: 'fail', errMsg: 'request:fail ' })

  const user = await auth.updateProfile({ nickname: 'again' })

  assert.equal(user.nickname, 'again')
  assert.equal(count(phone.steps, 'POST /v1/me'), 2)
})

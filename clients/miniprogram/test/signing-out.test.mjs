import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rejection, startWorld } from './world.mjs'

async function signedIn(t) {
  const world = await startWorld(t)
  const phone = world.phone()
  const auth = world.client(phone)
  await auth.login()
  phone.steps.length = 0
  return { world, phone, auth, token: phone.tokenIn(world.url) }
}

async function statusOf(world, token) {
  return (await fetch(`${world.url}/v1/session`, { headers: { authorization: `Bearer ${token}` } })).status
}

test('signing out ends the session here and at the service', async t => {
  const { auth, phone, token, world } = await signedIn(t)

  const confirmed = await auth.logout()

  assert.equal(confirmed, true)
  assert.equal(auth.user, null)
  assert.equal(phone.storage.getItem(`weapp-login:${world.url}`), null)
  assert.equal(await statusOf(world, token), 401)
})

test('signing out without a network forgets all the same, and says so', async t => {
  const { auth, phone, world } = await signedIn(t)
  await world.service.stop()

  const confirmed = await auth.logout()

  assert.equal(confirmed, false)
  assert.equal(auth.user, null)
  assert.equal(phone.storage.getItem(`weapp-login:${world.url}`), null)
})

test('signing out of a session that is over is a success', async t => {
  const { auth, token, world } = await signedIn(t)
  await world.revoke(token)

  assert.equal(await auth.logout(), true)
  assert.equal(await auth.logout(), true)
})

test('after signing out nothing signs in again but login', async t => {
  const { auth, phone } = await signedIn(t)
  await auth.logout()
  phone.steps.length = 0

  const errors = await Promise.all([
    rejection(auth.request({ url: '/v1/session' })),
    rejection(auth.updateProfile({ nickname: 'x' })),
    rejection(auth.bindPhone({ code: 'x' }))
  ])
  const stepsOfThose = [...phone.steps]
  await auth.login()

  assert.deepEqual(errors.map(error => error.code), ['signed_out', 'signed_out', 'signed_out'])
  assert.deepEqual(stepsOfThose, [])
  assert.equal((await auth.request({ url: '/v1/session' })).statusCode, 200)
})

test('a login that was under way when the person signed out does not bring them back', async t => {
  const { auth, phone, world } = await signedIn(t)
  await auth.logout()
  const tokens = []
  const request = phone.wx.request
  phone.wx.request = options => request({
    ...options,
    success(answer) {
      if (answer.data && answer.data.token) {
        tokens.push(answer.data.token)
        auth.logout()
      }
      options.success(answer)
    }
  })

  const error = await rejection(auth.login())

  assert.equal(error.code, 'signed_out')
  assert.equal(tokens.length, 1)
  assert.equal(auth.user, null)
  let status = 200
  for (let tries = 0; status === 200 && tries < 100; tries += 1) {
    status = await statusOf(world, tokens[0])
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  assert.equal(status, 401)
})

test('signing in right after signing out is a login of its own', async t => {
  const { auth } = await signedIn(t)
  await auth.logout()
  const overtaken = rejection(auth.login())
  auth.logout()

  const user = await auth.login()

  assert.equal((await overtaken).code, 'signed_out')
  assert.deepEqual(auth.user, user)
})

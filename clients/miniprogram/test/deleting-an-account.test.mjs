import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, rejection, startWorld } from './world.mjs'

// WeChat answers four wx.login a second: tries have to be spread.
const SLOW = 300

async function signedIn(t) {
  const world = await startWorld(t)
  const phone = world.phone()
  const bodies = []
  const { request } = phone.wx
  phone.wx.request = options => {
    if (options.method === 'DELETE') bodies.push(options.data)
    return request(options)
  }
  const auth = world.client(phone, { retryDelay: SLOW })
  const user = await auth.login()
  phone.steps.length = 0
  return { world, phone, auth, user, bodies, token: phone.tokenIn(world.url) }
}

/** Whether the service still knows the person, asked with another phone. */
const known = async world => (await world.client(world.phone()).login({ create: false })) !== null

test('deleting an account erases the person with a fresh code, and forgets them here', async t => {
  const { auth, bodies, phone, world } = await signedIn(t)

  await auth.deleteAccount()

  assert.deepEqual(phone.steps, ['login', 'DELETE /v1/me'])
  assert.match(bodies[0].code, /^\w+$/)
  assert.equal(auth.user, null)
  assert.equal(phone.storage.getItem(`weapp-login:${world.url}`), null)
  assert.equal(await known(world), false)
})

test('after deleting an account nothing signs in again but login, as somebody new', async t => {
  const { auth, user } = await signedIn(t)
  await auth.deleteAccount()

  const error = await rejection(auth.request({ url: '/v1/session' }))
  const again = await auth.login()

  assert.equal(error.code, 'signed_out')
  assert.notEqual(again.id, user.id)
})

test('an account is deleted also when its session ended', async t => {
  const { auth, phone, token, world } = await signedIn(t)
  await world.revoke(token)

  await auth.deleteAccount()

  assert.equal(count(phone.steps, 'DELETE /v1/me'), 2)
  assert.equal(await known(world), false)
})

test('an account that is gone already is not made anew to be deleted', async t => {
  const { auth, phone, world } = await signedIn(t)
  await world.client(world.phone()).deleteAccount()

  await auth.deleteAccount()

  assert.equal(auth.user, null)
  assert.equal(count(phone.steps, 'POST /v1/register'), 0)
})

test('an account whose deletion\'s answer was lost is deleted once', async t => {
  const { auth, phone, world } = await signedIn(t)
  phone.fault({ api: 'request', path: '/v1/me', kind: 'loseAnswer', errMsg: 'request:fail timeout' })

  await auth.deleteAccount()

  assert.equal(count(phone.steps, 'POST /v1/login'), 0)
  assert.equal(await known(world), false)
})

test('an account that cannot be deleted now is kept, and its person stays signed in', async t => {
  const { auth, phone, user } = await signedIn(t)
  phone.fault({ api: 'request', path: '/v1/me', kind: 'fail', errMsg: 'request:fail ', times: 100 })

  const error = await rejection(auth.deleteAccount())

  assert.deepEqual([error.code, error.retry], ['network_failed', 'later'])
  assert.deepEqual(auth.user, user)
})

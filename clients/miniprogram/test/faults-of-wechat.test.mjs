import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, rejection, startWorld } from './world.mjs'

// WeChat answers four wx.login a second: five tries have to be spread.
const SLOW = 250

/** Registers alice and gives her another phone, so that what follows is one wx.login and one request. */
async function knownPerson(t, env) {
  const world = await startWorld(t, env)
  await world.client(world.phone()).login()
  return { world, phone: world.phone() }
}

test('a code that WeChat does not accept is replaced by another', async t => {
  const { world, phone } = await knownPerson(t)
  await world.fault('errcode', 40029)

  await world.client(phone).login()

  assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'login', 'POST /v1/login'])
})

test('a code that was used already is replaced by another', async t => {
  const { world, phone } = await knownPerson(t)
  await world.fault('errcode', 40163)

  await world.client(phone).login()

  assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'login', 'POST /v1/login'])
})

test('codes that WeChat never accepts end in code_invalid after five tries', async t => {
  const { world, phone } = await knownPerson(t)
  await world.fault('errcode', 40029, 100)

  const error = await rejection(world.client(phone, { retryDelay: SLOW }).login())

  assert.deepEqual([error.code, error.retry, error.status], ['code_invalid', 'restart', 401])
  assert.equal(count(phone.steps, 'POST /v1/login'), 5)
})

test('a person whom WeChat holds for a risk is told so at once', async t => {
  const world = await startWorld(t)
  await world.steer('alice', { risk: true })
  const phone = world.phone()

  const error = await rejection(world.client(phone).login())

  assert.deepEqual([error.code, error.retry, error.status], ['blocked_by_wechat', 'none', 403])
  assert.deepEqual(phone.steps, ['login', 'POST /v1/login'])
})

test('a busy WeChat is asked once more by the service, then by the client with a fresh code', async t => {
  const { world, phone } = await knownPerson(t)
  await world.fault('errcode', -1, 2)

  await world.client(phone).login()

  assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'login', 'POST /v1/login'])
})

for (const [what, kind, value] of [
  ['answers nonsense', 'garbage', null],
  ['answers with a proxy\'s error', 'httpStatus', 502],
  ['closes the connection before anything happened', 'dropBefore', null],
  ['loses its answer after the code was used', 'dropAfter', null]
]) {
  test(`a WeChat that ${what} costs a second round with a fresh code`, async t => {
    const { world, phone } = await knownPerson(t)
    await world.fault(kind, value === null ? undefined : value)

    await world.client(phone).login()

    assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'login', 'POST /v1/login'])
  })
}

test('a WeChat that is too slow costs a second round with a fresh code', async t => {
  const { world, phone } = await knownPerson(t)
  await world.fault('latencyMs', 20000)

  await world.client(phone).login()

  assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'login', 'POST /v1/login'])
})

test('a WeChat that stays away ends in wechat_unavailable when the tries are used up', async t => {
  const { world, phone } = await knownPerson(t)
  await world.fault('httpStatus', 502, 100)

  const error = await rejection(world.client(phone, { retries: 2 }).login())

  assert.deepEqual([error.code, error.retry, error.status], ['wechat_unavailable', 'later', 503])
  assert.equal(count(phone.steps, 'POST /v1/login'), 3)
})

test('a spent daily quota is told at once, with the time to wait', async t => {
  const { world, phone } = await knownPerson(t)
  await world.fault('errcode', 45009, 100)

  const error = await rejection(world.client(phone).login())

  assert.deepEqual([error.code, error.retry, error.status], ['wechat_quota_exhausted', 'later', 503])
  assert.ok(error.retryAfter > 10, `retryAfter ${error.retryAfter}`)
  assert.equal(count(phone.steps, 'POST /v1/login'), 1)
})

test('a minute quota of WeChat is told at once, with the time to wait', async t => {
  const { world, phone } = await knownPerson(t)
  await world.fault('errcode', 45011, 100)

  const error = await rejection(world.client(phone).login())

  assert.deepEqual([error.code, error.retry, error.status], ['rate_limited', 'later', 429])
  assert.ok(error.retryAfter > 10, `retryAfter ${error.retryAfter}`)
  assert.equal(count(phone.steps, 'POST /v1/login'), 1)
})

test('too many logins from one address are told at once, with the time to wait', async t => {
  const world = await startWorld(t, { RATE_LIMIT_PER_MINUTE: '1' })
  const answers = await Promise.all(Array.from({ length: 10 }, (_, n) =>
    world.client(world.phone(`person-${n}`), { maxWait: 0 }).login().catch(error => error)))

  const refused = answers.filter(answer => answer.code === 'rate_limited')

  assert.ok(refused.length > 0)
  assert.ok(refused.every(error => error.retryAfter > 0 && error.status === 429))
})

test('a mini program whose secret WeChat refuses is told so at once', async t => {
  const { world, phone } = await knownPerson(t)
  await world.fault('errcode', 40125, 100)

  const error = await rejection(world.client(phone).login())

  assert.deepEqual([error.code, error.retry, error.status], ['wechat_rejected', 'none', 502])
  assert.equal(count(phone.steps, 'POST /v1/login'), 1)
})

test('an error carries what support staff need', async t => {
  const { world, phone } = await knownPerson(t)
  await world.fault('errcode', 40125)

  const error = await rejection(world.client(phone).login())

  assert.equal(error.name, 'WeappLoginError')
  assert.notEqual(error.requestId, '')
  assert.notEqual(error.detail, '')
  assert.equal(error.message, `${error.code}: ${error.detail}`)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, foreignAnswer, rejection, startWorld } from './world.mjs'

// WeChat answers four wx.login a second: five tries have to be spread.
const SLOW = 250

async function knownPerson(t) {
  const world = await startWorld(t)
  const registered = await world.client(world.phone()).login()
  return { world, registered, phone: world.phone() }
}

test('no connection ends in network_failed after five tries', async t => {
  const { world, phone } = await knownPerson(t)
  phone.fault({ api: 'request', kind: 'fail', errMsg: 'request:fail ', times: 100 })

  const error = await rejection(world.client(phone, { retryDelay: SLOW }).login())

  assert.deepEqual([error.code, error.retry, error.status], ['network_failed', 'later', 0])
  assert.equal(count(phone.steps, 'POST /v1/login'), 5)
})

test('a kept session outlives a service that is away', async t => {
  const { world, phone } = await knownPerson(t)
  const registered = await world.client(phone).login()
  await world.service.stop()

  const auth = world.client(phone)
  const error = await rejection(auth.login())

  assert.equal(error.code, 'network_failed')
  assert.deepEqual(auth.user, registered)
})

test('a service that comes back between two tries is found', async t => {
  const { world, phone, registered } = await knownPerson(t)
  await world.service.stop()
  const login = world.client(phone, { retryDelay: 400 }).login()

  await world.service.start()
  const user = await login

  assert.equal(user.id, registered.id)
})

test('a login whose answer is lost is done again with a fresh code', async t => {
  const { world, phone } = await knownPerson(t)
  phone.fault({ api: 'request', path: '/v1/login', kind: 'loseAnswer', errMsg: 'request:fail timeout' })

  await world.client(phone).login()

  assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'login', 'POST /v1/login'])
})

test('a registration whose answer is lost ends in a login, with one account', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  phone.fault({ api: 'request', path: '/v1/register', kind: 'loseAnswer', errMsg: 'request:fail timeout' })

  const user = await world.client(phone).login()

  const after = ['POST /v1/register', 'login', 'POST /v1/login']
  assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'getUserInfo', 'POST /v1/register', ...after])
  assert.equal((await world.client(world.phone()).login()).id, user.id)
})

test('a registration that did not get through is sent again as it was', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  phone.fault({ api: 'request', path: '/v1/register', kind: 'fail', errMsg: 'request:fail ' })

  await world.client(phone).login()

  assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'getUserInfo', 'POST /v1/register', 'POST /v1/register'])
})

test('requests that take too long end in timed_out', async t => {
  const { world, phone } = await knownPerson(t)
  await world.fault('latencyMs', 2000, 10)

  const error = await rejection(world.client(phone, { timeout: 100, retries: 1 }).login())

  assert.deepEqual([error.code, error.retry, error.status], ['timed_out', 'later', 0])
  assert.equal(count(phone.steps, 'POST /v1/login'), 2)
})

test('time-outs end after three tries', async t => {
  const { world, phone } = await knownPerson(t)
  phone.fault({ api: 'request', kind: 'fail', errMsg: 'request:fail timeout', times: 100 })

  const error = await rejection(world.client(phone).login())

  assert.equal(error.code, 'timed_out')
  assert.equal(count(phone.steps, 'POST /v1/login'), 3)
})

test('a request that WeChat never reports about ends in timed_out', async t => {
  const { world, phone } = await knownPerson(t)
  phone.fault({ api: 'request', kind: 'silent' })

  const error = await rejection(world.client(phone, { timeout: 100, retries: 0 }).login())

  assert.equal(error.code, 'timed_out')
})

test('a login interrupted in the background goes on', async t => {
  const { world, registered } = await knownPerson(t)
  const phone = world.phone('alice', { interruptAfter: 50 })
  await world.fault('latencyMs', 1000)
  const login = world.client(phone).login()
  phone.hide()

  const user = await login

  assert.equal(user.id, registered.id)
  assert.equal(count(phone.steps, 'POST /v1/login'), 2)
})

test('a proxy that is overloaded is tried again', async t => {
  const { world, phone } = await knownPerson(t)
  const answer = foreignAnswer(502, '<html>502 Bad Gateway</html>')
  phone.fault({ api: 'request', kind: 'answer', answer })

  await world.client(phone).login()

  assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'login', 'POST /v1/login'])
})

test('a network that answers in the service\'s place ends in bad_answer', async t => {
  const { world, phone } = await knownPerson(t)
  const answer = foreignAnswer(200, '<html>Please accept our terms</html>')
  phone.fault({ api: 'request', kind: 'answer', answer, times: 100 })

  const error = await rejection(world.client(phone, { retries: 2 }).login())

  assert.deepEqual([error.code, error.retry, error.status], ['bad_answer', 'later', 200])
  assert.equal(count(phone.steps, 'POST /v1/login'), 3)
})

test('a baseUrl that leads to another server ends in bad_answer at once', async t => {
  const { world, phone } = await knownPerson(t)
  phone.fault({ api: 'request', kind: 'answer', answer: foreignAnswer(404, '<html>not found</html>'), times: 100 })

  const error = await rejection(world.client(phone).login())

  assert.deepEqual([error.code, error.retry, error.status], ['bad_answer', 'none', 404])
  assert.equal(phone.steps.length, 2)
})

test('an address that is missing in the console ends in domain_not_allowed at once', async t => {
  const { world } = await knownPerson(t)
  const phone = world.phone('alice', { domains: ['https://elsewhere.example.com'] })

  const error = await rejection(world.client(phone).login())

  assert.deepEqual([error.code, error.retry, error.status], ['domain_not_allowed', 'none', 0])
  assert.equal(phone.steps.length, 2)
})

test('the wait that the service asks for is kept', async t => {
  const { world } = await knownPerson(t)
  const phone = world.phone('alice', { titleCaseHeaders: true })
  const problem = { code: 'overloaded', retry: 'later', status: 503, title: 'busy', detail: 'busy', requestId: 'r-1' }
  phone.fault({ api: 'request', kind: 'answer', answer: foreignAnswer(503, problem, { 'Retry-After': '1' }) })

  const began = performance.now()
  await world.client(phone).login()

  assert.ok(performance.now() - began >= 1000)
  assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'login', 'POST /v1/login'])
})

test('a store or a service in trouble is tried again within the bounds', async t => {
  const { world, phone } = await knownPerson(t)
  for (const [code, status] of [['storage_unavailable', 503], ['internal', 500]]) {
    const problem = { code, retry: 'later', status, title: code, detail: code, requestId: 'r-1' }
    phone.fault({ api: 'request', kind: 'answer', answer: foreignAnswer(status, problem) })
  }

  await world.client(phone).login()

  assert.equal(count(phone.steps, 'POST /v1/login'), 3)
})

// What the page's user can make happen, and what follows from it in either order.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base, open } from './harness.mjs'

const state = async () => (await fetch(`${base}/playground/state`)).json()

test('an expired key makes the obvious order fail again for somebody known, and the right order does not care', async () => {
  const { page, choose, signIn, pull, tap, sent, picture, closeWell } = await open()
  const signedOut = () => page.waitForSelector('[data-name="sign-in"]:not(:disabled)')
  await choose('right')
  await signIn()
  await tap('sign-out')
  await signedOut()

  await pull('expire')
  assert.match(await page.locator('#wechat-key').innerText(), /key v1\s*expired/)
  await choose('obvious')
  sent()
  await signIn()

  assert.deepEqual(sent(), ['POST wx/login 200', 'POST wx/getUserInfo 200', 'POST /v1/login 200', 'POST /v1/open-data 422'])
  assert.deepEqual(await page.locator('.mismatch .chip.key').allInnerTexts(), ['key v1', 'key v2', 'key v1', 'key v2'])
  await picture('expired-key-obvious-order')
  await signIn()
  assert.equal(await page.locator('.mismatch').count(), 1)
  await tap('sign-out')
  await signedOut()

  await pull('expire')
  await choose('right')
  sent()
  await signIn()

  assert.deepEqual(sent(), ['POST wx/login 200', 'POST /v1/login 200'])
  assert.equal(await page.locator('#wechat-key').innerText(), 'key v3')
  assert.equal(await page.locator('.mismatch').count(), 1)
  await closeWell()
})

test('a key older than the refresh period is replaced as an expired one is', async () => {
  const { page, signIn, pull, closeWell } = await open()
  await signIn()

  await pull('minutes')
  assert.equal(await page.locator('#clock').innerText(), 'clock 10 min ahead')
  await signIn()

  assert.match(await page.locator('#rows').innerText(), /key v1\s*is more than five minutes old: the exchange makes\s*key v2/)
  assert.equal(await page.locator('.mismatch').count(), 2)
  await closeWell()
})

test('a lost answer is told, and the client tries again with a fresh code', async () => {
  const { page, choose, signIn, pull, sent, picture, closeWell } = await open()
  await choose('right')

  await pull('lose')
  assert.equal(await page.locator('#lose').getAttribute('aria-pressed'), 'true')
  await signIn()

  assert.deepEqual(sent(), [
    'POST wx/login 200', 'POST /v1/login 503', 'POST wx/login 200', 'POST /v1/login 200', 'POST wx/getUserInfo 200', 'POST /v1/register 201'
  ])
  assert.equal(await page.locator('.message.lost').count(), 1)
  assert.deepEqual(await page.locator('#rows .problem .chip').allInnerTexts(), ['503\nwechat_unavailable', 'retry: later · 1 s'])
  assert.equal(await page.locator('#lose').getAttribute('aria-pressed'), 'false')
  await picture('lost-answer')
  await closeWell()
})

test('the second mini program finds the same account at once, through the unionid', async () => {
  const { page, choose, signIn, sent, picture, closeWell } = await open()
  await choose('right')
  await signIn()
  const user = await page.locator('.who small').innerText()
  sent()

  await page.check('input[name="app"][value="1"]', { force: true })
  await page.waitForSelector('[data-name="sign-in"]:not(:disabled)')
  await signIn()

  assert.deepEqual(sent(), ['POST wx/login 200', 'POST /v1/login 200'])
  assert.equal(await page.locator('.who small').innerText(), user)
  assert.deepEqual(await page.locator('#identities tr.own td:nth-child(2)').allInnerTexts(), ['program A', 'program B'])
  await picture('second-mini-program')
  await closeWell()
})

test('without the unionid there are two accounts, which become one when it appears', async () => {
  const { page, choose, signIn, tap, pull, picture, closeWell } = await open()
  const program = async index => {
    await page.check(`input[name="app"][value="${index}"]`, { force: true })
    await page.waitForSelector('fieldset.trouble:not(:disabled)')
  }
  await choose('right')
  await pull('unionid')
  assert.equal(await page.locator('#unionid').getAttribute('aria-checked'), 'false')

  await signIn()
  const first = await page.locator('.who small').innerText()
  await program(1)
  await signIn()
  const second = await page.locator('.who small').innerText()

  assert.notEqual(first, second)
  assert.deepEqual((await state()).users.slice(0, 2).map(user => user.unionid), [null, null])
  await picture('unionid-off')

  await pull('unionid')
  for (const index of [0, 1]) {
    await program(index)
    await tap('sign-out')
    await page.waitForSelector('[data-name="sign-in"]:not(:disabled)')
    await signIn()
  }

  const [younger, older] = (await state()).users
  const merged = [younger, older].filter(user => user.mergedInto)
  assert.equal(merged.length, 1)
  assert.match(await page.locator('#users').innerText(), /merged into \d+/)
  assert.equal(new Set(await page.locator('#identities tr.own td:first-child').allInnerTexts()).size, 1)
  await picture('unionid-merges')
  await closeWell()
})

test('somebody new starts without a key, and starting over clears the messages and the clock', async () => {
  const { page, signIn, pull, closeWell } = await open()
  await signIn()
  await pull('days')

  await pull('person')
  assert.notEqual(await page.locator('#holder').innerText(), 'Alice')
  assert.equal(await page.locator('#wechat-key').innerText(), 'no key yet')
  await pull('reset')

  assert.equal(await page.locator('#clock').innerText(), '')
  assert.equal(await page.locator('#rows > li').count(), 1)
  await signIn()
  assert.equal(await page.locator('.mismatch').count(), 1)
  await closeWell()
})

// A mini program whose privacy guideline does not name user info: the obvious order never gets in, the right one at once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { open, startDev } from './harness.mjs'

const words = async locator => (await locator.innerText()).replace(/\s+/g, ' ')

test('without user info in the guideline the obvious order fails each time, and the right order signs in at the first try', async () => {
  const { page, choose, signIn, pull, sent, picture, closeWell } = await open()
  await pull('guideline')
  assert.equal(await page.getAttribute('#guideline', 'aria-checked'), 'false')

  await signIn()

  assert.deepEqual(sent(), ['POST wx/login 200', 'POST wx/getUserInfo 400'])
  assert.match(await words(page.locator('.verdict.bad .card')), /^asked for user info ≠ declared nothing The obvious order asks for user info first\./)
  assert.match(await words(page.locator('#screen .trouble')), /^getUserInfo:fail · errno 112 The mini program’s privacy guideline does not name this data\.$/)
  await picture('undeclared-obvious-order')
  await signIn()
  assert.equal(await page.locator('.verdict.bad').count(), 2)
  sent()

  await choose('right')
  await signIn()

  assert.deepEqual(sent(), ['POST wx/login 200', 'POST /v1/login 200', 'POST wx/getUserInfo 400', 'POST /v1/register 201'])
  assert.match(await words(page.locator('.note.at-phone')), /the next way, silent\.$/)
  assert.match(await words(page.locator('.verdict.ok .equation')), /^to know who this is = proved by exchange of key v1$/)
  assert.equal(await page.locator('.nickname').innerText(), 'No name yet')
  await picture('undeclared-right-order')
  await closeWell()
})

test('the messages tell errno 112 and what WeChat said, and the lanes keep the colour of the exchanged key', async () => {
  const { page, choose, signIn, pull, closeWell } = await open()
  await pull('guideline')
  await choose('right')
  await signIn()

  const refusal = page.locator('.message.bad', { hasText: 'errno 112' })
  await refusal.locator('.more').click()

  const detail = JSON.parse(await refusal.locator('.detail').innerText())
  assert.deepEqual([detail.errno, detail.errMsg], [112, 'getUserInfo:fail api scope is not declared in the privacy agreement'])
  const lanes = refusal.locator('.lines i')
  const colour = lane => lane.evaluate(element => getComputedStyle(element).getPropertyValue('--k-line').trim())
  assert.deepEqual(await Promise.all([colour(lanes.nth(1)), colour(lanes.nth(2))]), ['#e09a0b', '#e09a0b'])
  await closeWell()
})

test('the guideline is the mini program\'s: it stays as it is for the next person, and starting over mends it', async () => {
  const { page, signIn, pull, closeWell } = await open()
  await pull('guideline')

  await pull('person')
  await signIn()
  assert.equal(await page.locator('.verdict.bad').count(), 1)
  await pull('reset')
  await signIn()

  assert.equal(await page.getAttribute('#guideline', 'aria-checked'), 'true')
  assert.equal(await page.locator('.mismatch').count(), 1)
  await closeWell()
})

test('where user info is the only way, the page says what to declare and what to allow', async t => {
  const server = await startDev({ REGISTRATION: 'user_info' })
  t.after(() => server.stop())
  const { page, choose, signIn, pull, tap, sent, picture, closeWell } = await open({ at: server.url })
  await pull('guideline')
  await choose('right')

  await signIn()

  assert.deepEqual(sent(), ['POST wx/login 200', 'POST /v1/login 200', 'POST wx/getUserInfo 400'])
  assert.match(
    await words(page.locator('.verdict.bad p')),
    /^This service takes new people by userInfo only, .* Declare nickname and avatar in the guideline, or add silent to REGISTRATION\.$/
  )
  assert.match(await words(page.locator('#screen .trouble')), /^user_info_denied retry: none The mini program’s privacy guideline does not name this data\.$/)
  await picture('undeclared-only-user-info')
  await tap('register-by-phone')
  await page.waitForSelector('fieldset.trouble:not(:disabled)')
  assert.match(await words(page.locator('#screen .trouble')), /^phone_denied retry: none The mini program’s privacy guideline/)

  await pull('guideline')
  await signIn()
  assert.equal(await page.locator('.nickname').innerText(), '微信用户')
  await closeWell()
})

test('the explanation leaves out what a service that is set up otherwise does not do', async t => {
  const server = await startDev({ REGISTRATION: 'user_info' })
  t.after(() => server.stop())
  const { page, closeWell } = await open({ at: server.url })

  await page.click('#tour-start')
  await page.waitForSelector('#tour:not([hidden])')

  assert.equal(await page.locator('#tour-step').innerText(), '1 of 12')
  await closeWell()
})

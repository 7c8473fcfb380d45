const auth = require('./auth.js')

// Somebody who signed out stays out until they do something that needs an account, also over the next start.
const LEFT = 'signed-out'

/** Who this is, if they have been here before: at the start, without making anybody. */
async function recognised() {
  return wx.getStorageSync(LEFT) ? null : auth.login({ create: false })
}

/** An account, for the first thing that needs one. */
async function needed() {
  const user = auth.user || (await auth.login())
  wx.removeStorageSync(LEFT)
  return user
}

/**
 * An account with a phone number, by the tap that shares it.
 *
 * @param {import('weapp-login-client').PhoneDetail} detail
 */
async function withPhone(detail) {
  const user = await auth.registerByPhone(detail)
  wx.removeStorageSync(LEFT)
  return user
}

async function signOut() {
  wx.setStorageSync(LEFT, true)
  return auth.logout()
}

async function erase() {
  await auth.deleteAccount()
  wx.setStorageSync(LEFT, true)
}

module.exports = { recognised, needed, withPhone, signOut, erase }

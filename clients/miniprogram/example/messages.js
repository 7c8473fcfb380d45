const { isWeappLoginError } = require('weapp-login-client')

const BY_CODE = {
  user_info_denied: '需要你的同意才能登录',
  registration_closed: '暂不接受新用户',
  phone_required: '请用手机号登录',
  phone_denied: '你没有授权手机号',
  phone_code_invalid: '请再点一次',
  phone_failed: '暂时无法获取手机号',
  decryption_failed: '请再点一次',
  user_suspended: '账号已被停用',
  blocked_by_wechat: '微信拒绝了这次登录',
  signed_out: '请先登录',
  network_failed: '网络不可用，请检查网络',
  timed_out: '网络较慢，请稍后再试',
  domain_not_allowed: '服务器域名未配置',
  file_failed: '无法读取文件',
  avatar_not_uploaded: '头像尚未上传'
}

const BY_REASON = {
  // Only the mini program's owner can mend this one, in the console.
  privacy_undeclared: '小程序的隐私指引尚未声明此项信息',
  privacy_not_agreed: '需要你同意隐私指引',
  not_supported: '微信版本过低，请升级',
  person_refused: ''
}

/**
 * What a person reads when `error` came out of the login client.
 *
 * @param {unknown} error
 */
function messageFor(error) {
  if (!isWeappLoginError(error)) return '出错了'
  if (error.reason !== null && BY_REASON[error.reason]) return BY_REASON[error.reason]
  /** @type {Record<string, string>} */
  const byCode = BY_CODE
  if (byCode[error.code]) return byCode[error.code]
  if (error.retry === 'later') return error.retryAfter ? `请 ${error.retryAfter} 秒后再试` : '服务繁忙，请稍后再试'
  return '无法完成，请稍后再试'
}

module.exports = { messageFor }

// In a frame, before anything else: no content security policy forbids WebRTC. Browsers that know
// `Connection-Allowlist` connect to nobody either way; in the others a frame does not have it.
for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "mozRTCPeerConnection"]) {
  delete window[name];
}

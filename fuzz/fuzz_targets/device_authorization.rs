//! A device is told a code that can be shown and addresses of https or loopback; no error holds a code.
#![no_main]

use fuzz::{CANARY, answers::plant, assert_no_canary};
use libfuzzer_sys::fuzz_target;
use oauth2_core::{DeviceAuthorization, UnixTime};

fuzz_target!(|body: &[u8]| {
    let secret = ["\n\"device_code\":\"", CANARY, "\"\n"].concat();
    let response = http::Response::new(plant(body, &secret));
    match DeviceAuthorization::read(&response, UnixTime::from_seconds(1)) {
        Ok(device) => {
            assert_eq!(device.device_code.expose(), CANARY);
            assert!(!device.user_code.is_empty() && !device.user_code.contains(char::is_control));
            assert!(device.interval.as_secs() >= 1 && device.expires_at.seconds() >= 1);
            assert_no_canary(body, &format!("{device:?}"));
        }
        Err(error) => assert_no_canary(body, &format!("{error} {error:?}")),
    }
});

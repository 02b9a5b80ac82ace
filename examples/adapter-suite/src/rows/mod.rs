//! What must hold of the application in every framework. A row that does not hold panics.

mod binding;
mod ready_made;
mod requests;
mod sitting;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::site::Site;

/// One row of the table.
pub struct Row {
    pub name: &'static str,
    pub check: fn(Arc<Site>) -> Checking,
}

type Checking = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Makes rows of functions, under their own names.
macro_rules! rows {
    ($($module:ident::$name:ident,)*) => {
        &[$(Row {
            name: stringify!($name),
            check: |site| Box::pin(async move { $module::$name(&site).await }),
        },)*]
    };
}

pub const ROWS: &[Row] = rows![
    sitting::every_protocol_logs_in_with_its_checks_on,
    sitting::cookies_follow_the_public_url_and_the_response_mode,
    sitting::an_application_below_a_base_path_logs_in,
    sitting::forwarded_headers_of_a_proxy_change_nothing,
    sitting::cookies_survive_an_answer_that_is_replaced,
    sitting::a_handlers_own_cookies_stay_beside_the_logins,
    sitting::cookies_of_others_that_are_no_text_do_not_disturb_a_login,
    sitting::cookies_in_several_header_lines_are_read,
    sitting::a_hundred_logins_stay_under_the_cookie_budget,
    sitting::a_request_without_a_login_gets_no_header_of_ours,
    sitting::an_api_call_goes_with_the_token_of_the_current_user,
    sitting::logins_of_many_browsers_at_once_reach_their_own,
    ready_made::a_user_logs_in_and_out_by_each_protocol,
    ready_made::a_copy_of_the_cookie_ends_with_the_logout,
    ready_made::another_site_logs_nobody_out,
    ready_made::a_login_by_post_begins_on_our_own_pages_alone,
    ready_made::what_is_to_be_done_with_a_login_is_the_applications,
    ready_made::a_logout_token_ends_the_sign_in_and_a_forged_one_does_not,
    ready_made::a_provider_ends_the_sign_in_by_the_back_channel,
    ready_made::a_provider_ends_the_sign_in_by_the_front_channel,
    ready_made::a_cache_that_fails_is_told_from_nobody,
    ready_made::the_callback_path_is_said_once,
    ready_made::below_a_base_path_they_lead_back_to_it,
    ready_made::other_methods_do_nothing,
    binding::refusal_d1_a_callback_in_a_browser_that_did_not_begin_the_login,
    binding::refusals_d1_d2_d5_d10_with_logins_in_a_cache,
    binding::refusal_d2_state_missing_empty_or_anothers_leaves_the_login_as_it_was,
    binding::refusal_d2_state_twice_replayed_or_expired,
    binding::refusal_d3_a_login_delivered_to_another_clients_callback,
    binding::refusal_d4_iss_wrong_or_missing_where_metadata_promises_it,
    binding::refusal_d5_errors_bound_to_a_login_take_it_and_others_take_nothing,
    binding::refusal_d6_a_code_twice_a_token_in_the_query_a_response_in_the_wrong_place,
    binding::refusal_d7_two_tabs_and_three_providers_in_one_browser_all_complete,
    binding::refusal_d8_oauth_1_callbacks_that_are_not_ours_or_bring_no_verifier,
    binding::refusal_d9_return_to_on_another_host,
    binding::refusal_d10_cookies_altered_cut_moved_or_sealed_by_an_unknown_key,
    binding::refusal_d11_a_hundred_logins_at_once_cross_to_nobody,
    binding::refusal_d12_oauth_1_denials_are_the_users_no_and_take_the_login,
    binding::refusal_d13_a_login_begun_by_another_site,
    requests::refusal_b1_callbacks_of_megabytes_are_refused_and_take_nothing,
    requests::refusal_b1_a_body_without_end_is_answered_and_read_no_further,
    requests::refusal_b4_bodies_and_queries_that_are_no_text_are_refused_and_take_nothing,
    requests::taking_a_callback_never_fails_and_the_login_tells_what_is_wrong,
    requests::refusal_e12_what_a_provider_writes_is_not_shown,
    requests::refusal_e13_answers_of_a_login_are_kept_by_nobody,
    requests::other_methods_than_get_and_post_are_refused_and_take_nothing,
    requests::endpoints_of_odd_characters_are_refused_or_redirected_to_as_written,
    requests::statuses_follow_the_fault,
];

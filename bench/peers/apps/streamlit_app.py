"""Streamlit: the script runs again for each change; its documentation says to cache what loads and transforms data."""

import datetime

import standard
import streamlit as st

load = st.cache_data(standard.load)


@st.cache_data
def summary(region, since):
    chosen = standard.choose(load(), region, since)
    return standard.table(chosen), standard.daily(chosen)


n = st.slider("Days", 1, 100, 20)
region = st.selectbox("Region", standard.REGIONS)
since = st.date_input("Since", datetime.date(2021, 1, 1))
table, daily = summary(region, since)
st.dataframe(table)
st.pyplot(standard.draw(daily, n))
st.write(f"made for {n}")

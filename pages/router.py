"""The list of pages, and what stands around each of them."""

from pathlib import Path

import streamlit as st

from pages.components import session

ASSETS = Path(__file__).resolve().parents[1] / "assets"

st.set_page_config(page_title="Attention Lab", page_icon=str(ASSETS / "favicon.svg"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large")
st.html(ASSETS / "app.css")

page = st.navigation(
    [
        st.Page("read.py", title="Read", default=True, help="One text, and what a model looked at."),
        st.Page("train.py", title="Train", help="Texts with labels in, trained models out."),
        st.Page("compare.py", title="Compare", help="With attention and without it, on the same texts."),
        st.Page("trust.py", title="Trust", help="Whether the attention explains anything."),
        st.Page(
            "next_word.py", title="Next word", help="Language models: which earlier words predicted the next one."
        ),
        st.Page("models.py", title="Models", help="The library of trained models."),
    ],
    position="top",
)
with st.container(horizontal_alignment="center"), st.container(width=1180, key="page"), session.problems_shown():
    page.run()
